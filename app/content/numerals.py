"""Numbers as authors may write them in a course file, and as people read them."""

import re
from decimal import Decimal
from typing import Final

from app.content.values import Range

MAX_DIGITS: Final = 15  # what a double keeps exactly, so that the figure shown is the figure written

_NUMBER = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")


def parse_number(text: str) -> int | float:
    """Return the number that `text` spells: digits with at most one point, not negative."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{shorten(text)} is not a number here; write digits with at most one point, like 12.5")
    if sum(character.isdigit() for character in text) > MAX_DIGITS:
        raise ValueError(f"{shorten(text)} has more than {MAX_DIGITS} digits; write a shorter number")
    return float(text) if "." in text else int(text)


def parse_whole(text: str) -> int:
    """Return the integer that `text` spells, not negative."""
    number = parse_number(text)
    if isinstance(number, float):
        raise ValueError(f"{text} is not a whole number; write digits only, like 12")  # noqa: TRY004
    return number


def number_text(number: float) -> str:
    """Return a figure as people read it: 30, not 30.0, and never with an exponent."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def range_text(figures: Range) -> str:
    """Return a closed range in the house style: 30–60, or one figure where both ends are equal."""
    if figures.low == figures.high:
        return number_text(figures.low)
    return f"{number_text(figures.low)}–{number_text(figures.high)}"


def shorten(text: str, limit: int = 60) -> str:
    """Return what an author wrote, short enough to stand in a message on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
