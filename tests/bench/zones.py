"""The calendar day of an instant in a time zone, asked of PostgreSQL as well: it reckons zones by code of its own."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from app import clock
from tests.unit.test_timing_days import ZONES

FIRST, LAST = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Case = tuple[str, datetime]
ASKED = sa.text(
    """SELECT (given.at AT TIME ZONE given.zone)::date, (given.opens AT TIME ZONE given.zone)::date,
              ((given.opens - interval '1 microsecond') AT TIME ZONE given.zone)::date
    FROM unnest(CAST(:zones AS text[]), CAST(:at AS timestamptz[]), CAST(:opens AS timestamptz[]))
         WITH ORDINALITY AS given (zone, at, opens, nth) ORDER BY given.nth"""
)


def cases(seed: int, number: int) -> list[Case]:
    """Return random instants, a third of them within an hour of a midnight in the zone."""
    chance, found = random.Random(seed), list[Case]()
    for _ in range(number):
        zone = chance.choice(ZONES)
        instant = FIRST + (LAST - FIRST) * chance.random()
        if chance.random() < 1 / 3:
            midnight = clock.start_of(zone, instant.date())
            instant = midnight + timedelta(seconds=chance.randint(-3600, 3600))
        found.append((zone, instant))
    return found


def differing(connection: sa.Connection, asked: Sequence[Case]) -> list[str]:
    """Return where the house's day, or the first instant of that day, is not PostgreSQL's."""
    days = [clock.day_in(zone, at) for zone, at in asked]
    opens = [clock.start_of(zone, day) for (zone, _), day in zip(asked, days, strict=True)]
    told = connection.execute(
        ASKED, {"zones": [zone for zone, _ in asked], "at": [at for _, at in asked], "opens": opens}
    ).all()
    return [
        f"{at} in {zone}: {day}, by PostgreSQL {theirs}; its first instant {open_at} lies in {opened}, after {before}"
        for (zone, at), day, open_at, (theirs, opened, before) in zip(asked, days, opens, told, strict=True)
        if not _agree(day, theirs, opened, before)
    ]


def _agree(day: date, theirs: date, opened: date, before: date) -> bool:
    return day == theirs == opened and before < day
