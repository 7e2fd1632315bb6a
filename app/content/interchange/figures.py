"""Figures and units as files of other systems write them: exact, and never larger than a course file holds."""

import re
from decimal import Decimal
from typing import Final

from app.content.interchange.values import CannotTakeError
from app.content.numerals import shorten

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,2})?")
# The units of the field, and those of time; a word after a gap that is none of them is a word.
UNITS: Final = frozenset(
    [
        "nm",
        "µm",
        "μm",
        "um",
        "mm",
        "cm",
        "m",
        "ns",
        "µs",
        "μs",
        "us",
        "ms",
        "s",
        "sec",
        "second",
        "seconds",
        "min",
        "minute",
        "minutes",
        "h",
        "hour",
        "hours",
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "%",
        "°C",
        "°F",
        "K",
        "J",
        "mJ",
        "kJ",
        "J/cm²",
        "J/cm2",
        "J/cm^2",
        "mJ/cm²",
        "mJ/cm2",
        "W",
        "mW",
        "kW",
        "W/cm²",
        "W/cm2",
        "Hz",
        "kHz",
        "MHz",
        "dB",
        "lux",
        "ml",
        "mL",
        "l",
        "L",
        "µl",
        "mg",
        "g",
        "kg",
        "passes",
        "pulses",
        "sessions",
    ]
)


def figure(text: str) -> Decimal:
    """Return the number that a text spells; raises CannotTakeError."""
    if not _NUMBER.fullmatch(text.strip()):
        raise CannotTakeError(f"{shorten(text) or 'nothing'} is not a number")
    return Decimal(text.strip())


def around(value: Decimal, below: Decimal, above: Decimal) -> tuple[Decimal, Decimal]:
    """Return the range from `below` under a value to `above` over it; raises CannotTakeError for negative figures."""
    return between(value - below, value + above)


def between(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """Return a range whose figures a course can hold; raises CannotTakeError."""
    if low > high:
        raise CannotTakeError(f"its range runs backwards, from {low} to {high}")
    if low < 0:
        raise CannotTakeError(f"it accepts {low}; figures of a course are not negative")
    return low, high


def unit_after(text: str) -> str | None:
    """Return the unit that stands directly after a gap, or None where no known one does."""
    word = re.match(r"[\s\xa0]*(\S+?)[.,;:?!)]*(?:[\s\xa0]|$)", text)
    return word[1] if word and word[1] in UNITS else None
