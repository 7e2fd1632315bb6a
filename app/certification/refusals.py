"""Why somebody cannot sit an exam now, in words that say what to do; pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from app.exams.timing import RefusalKind, Refused


def why_no_seat(refused: Refused, *, managers: Sequence[str], zone: str) -> str:
    """Return the sentence for a refusal; instants are told in the organisation's time zone."""
    when = from_when(refused.when, zone) if refused.when else ""
    match refused.kind:
        case RefusalKind.PASSED:
            return "You have passed this exam; there is nothing more to sit."
        case RefusalKind.NOT_OPEN:
            return f"Your certification is current. You can sit the exam again from {when}."
        case RefusalKind.WAIT:
            return f"You can sit the exam again from {when}. Until then, read again what the result names."
        case RefusalKind.WITHDRAWN:
            return "This edition was withdrawn. Nobody sits its exam; a new edition has to be signed first."
        case RefusalKind.USED_UP:
            return f"Your attempts are used up. {_either(managers)} can grant you one more."


def _either(names: Sequence[str]) -> str:
    if not names:
        return "An administrator"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def from_when(instant: datetime, zone: str) -> str:
    """Return a day with its time, or the day alone where it begins then."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%-d %B %Y}" if (local.hour, local.minute) == (0, 0) else f"{local:%-d %B %Y, %H:%M}"
