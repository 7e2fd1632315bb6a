"""The only wall clock; everybody else is told the time."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


def day_in(zone: str, instant: datetime) -> date:
    """Return the calendar day of an instant in a time zone such as `Europe/Zurich`."""
    return instant.astimezone(ZoneInfo(zone)).date()


def start_of(zone: str, day: date) -> datetime:
    """Return the instant at which a calendar day begins in a time zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
