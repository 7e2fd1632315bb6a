"""Figures and times that a row's texts say beside its cells: contested, or for some clients only, so never wrong."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

NUMBER = r"[0-9]+(?:\.[0-9]+)?"
JOIN = r"\s*(?:–|-|,|/|to|and|or)\s*"
WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
WORDS |= {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
COUNT = rf"(?:{NUMBER}|\b(?:{'|'.join(WORDS)})\b)"
# Unit of time → the fewest and most days that one of it has.
DAYS = {"hour": (0, 1), "day": (1, 1), "week": (7, 7), "month": (28, 31), "year": (365, 366)}
TIME = re.compile(rf"({COUNT})(?:{JOIN}({COUNT}))?[\s-]*({'|'.join(DAYS)})s?\b", re.IGNORECASE)
UNTIL = re.compile(r"\s*(?:–|-|to)\s*")


def figures_said(text: str, unit: str) -> list[Decimal]:
    """Return the figures that a text gives in a unit: of "40–50 J/cm² at 15 or 50 ms" in ms 15 and 50."""
    given = re.compile(rf"{NUMBER}(?:{JOIN}{NUMBER})*\s*{re.escape(unit)}(?![\w/²])")
    return [Decimal(one) for found in given.findall(text) for one in re.findall(NUMBER, found.removesuffix(unit))]


def days_said(texts: Iterable[str | None]) -> list[tuple[int, int]]:
    """Return the times that texts give, each as the fewest and most days: "2 weeks to 3 months" is 14 to 93."""
    return [span for text in texts if text for span in _spans(text)]


def is_said(days: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Say whether a number of days is one of which texts speak."""
    return any(fewest <= days <= most for fewest, most in spans)


@lru_cache(maxsize=4096)
def _spans(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(_each_span(text))


def _each_span(text: str) -> Iterator[tuple[int, int]]:
    last: tuple[int, int, int] | None = None  # where the time before ends, and its days
    for found in TIME.finditer(text):
        fewest, most = DAYS[found[3].casefold()]
        low, high = int(_count(found[1]) * fewest), -int(-_count(found[2] or found[1]) * most)
        if last and UNTIL.fullmatch(text[last[0] : found.start()]):
            yield last[1], high
        yield low, high
        last = (found.end(), low, high)


def _count(text: str) -> Decimal:
    return Decimal(WORDS.get(text.casefold(), text))
