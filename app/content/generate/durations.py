"""How long a time a row speaks of in its own words, in days: contested or usual waits are no wrong answers."""

import re
from collections.abc import Iterable, Iterator
from math import ceil

from app.content.values import ContraindicationRow

# Hours in a day count upwards: 24 hours are 1 day, 36 are 2.
DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "year": 365}
# No wait that is offered comes near it.
MOST = 3650
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
UNCOUNTED = ("a", "an", "one")
NUMBER = rf"(?<![\d.])(\d{{1,4}}(?:\.\d)?|{'|'.join(WORDS)}|an?)"
DURATION = re.compile(rf"\b{NUMBER}(?:\s*(?:–|-|to|or|and)\s*{NUMBER})?[\s-]+({'|'.join(DAYS)})s?\b", re.IGNORECASE)


def durations(rows: Iterable[ContraindicationRow]) -> list[int]:
    """Return all times that rows speak of, in days, also another authority's; a month is 30 days."""
    texts = (text for row in rows for text in (row.condition, row.conflict, row.ask, row.why) if text)
    return [days for text in texts for found in DURATION.finditer(text) for days in _days(*found.groups())]


def _days(low: str, high: str | None, unit: str) -> Iterator[int]:
    if low.lower() in UNCOUNTED and unit.lower() in ("hour", "day"):
        return  # "once a day", "on one day"
    for number in (low, high):
        if number:
            yield min(MOST, ceil(_number(number.lower()) * DAYS[unit.lower()]))


def _number(text: str) -> float:
    if text in UNCOUNTED:
        return 1
    return WORDS.index(text) + 1 if text in WORDS else float(text)
