"""What a fact block of a lesson asks for: its options, read, and which rows of a table fit them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.content.cells import read_id
from app.content.marks import Mark, OptionLine
from app.content.numerals import shorten

OPTIONS: Final = {
    "settings": ("device", "skin_types"),
    "contraindications": ("category",),
    "procedure": ("procedure", "phase"),
}
_TYPES = re.compile(r"([1-6])(?:\s*[-–]\s*([1-6]))?")


@dataclass(frozen=True, slots=True)
class Query:
    """The rows that a block lays out: values that columns must have, and the skin types that must be touched."""

    columns: tuple[tuple[str, str], ...] = ()
    skin_types: tuple[int, int] | None = None

    def names(self) -> list[str]:
        """Return the columns that decide."""
        types = ["skin_type_min", "skin_type_max"] if self.skin_types else []
        return [column for column, _ in self.columns] + types

    def fits(self, column_values: Mapping[str, object]) -> bool:
        """Say whether a row with these values is laid out; a value that is not known does not exclude it."""
        if any(column_values.get(column, wanted) != wanted for column, wanted in self.columns):
            return False
        if self.skin_types is None:
            return True
        low, high = column_values.get("skin_type_min", 1), column_values.get("skin_type_max", 6)
        first, last = self.skin_types
        return isinstance(low, int) and isinstance(high, int) and low <= last and first <= high


class OptionError(ValueError):
    """An option that the block does not have or cannot read; `option` is its line."""

    def __init__(self, option: OptionLine, message: str) -> None:
        super().__init__(message)
        self.option = option


def read_query(mark: Mark) -> tuple[Query, list[OptionError]]:
    """Return what a fact block asks for, and each option that it cannot take."""
    columns: list[tuple[str, str]] = []
    skin_types: tuple[int, int] | None = None
    errors: list[OptionError] = []
    seen: set[str] = set()
    for option in mark.options:
        try:
            key = _key(mark.name, option, seen)
            value = option.value.strip("\"'")
            if key == "skin_types":
                skin_types = _skin_types(option, value)
            else:
                columns.append((key, _id(option, value)))
        except OptionError as error:
            errors.append(error)
    return Query(tuple(columns), skin_types), errors


def asked(mark: Mark) -> str:
    """Return a block's options as one phrase for a message."""
    return ", ".join(f"{option.key} {option.value}" for option in mark.options) or "no option"


def _key(block: str, option: OptionLine, seen: set[str]) -> str:
    names = OPTIONS[block]
    if option.key is None:
        raise OptionError(option, f"{shorten(option.value)} is not an option; write `key: value`, one on each line")
    if option.key not in names:
        advice = f"it takes {' and '.join(names)}; remove this line or correct it"
        raise OptionError(option, f"is not an option of the block {block}; {advice}")
    if option.key in seen:
        raise OptionError(option, "is written twice; keep one")
    seen.add(option.key)
    return option.key


def _id(option: OptionLine, value: str) -> str:
    if not value:
        raise OptionError(option, "is empty; write an id, or remove the line for all rows")
    try:
        return read_id(value)
    except ValueError as error:
        raise OptionError(option, str(error)) from error


def _skin_types(option: OptionLine, value: str) -> tuple[int, int]:
    found = _TYPES.fullmatch(value)
    if not found:
        raise OptionError(option, f"{shorten(value) or 'an empty value'} is not a range of skin types; write 1-3 or 2")
    low, high = int(found[1]), int(found[2] or found[1])
    if low > high:
        raise OptionError(option, f"{low} is above {high}; swap them")
    return low, high
