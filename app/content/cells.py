"""What a cell of a fact table may hold: one reader for each kind, and the columns of the four tables."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from app.content.numerals import parse_number, parse_whole, shorten

CellReader = Callable[[str], Any]

ID_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
ID_LENGTH: Final = 64
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how a cell is read, whether the header must hold it, and whether a cell may be empty."""

    read: CellReader
    in_header: bool = False
    filled: bool = False


def read_id(text: str) -> str:
    """Return an id: small letters and digits with single hyphens between, at most 64 characters."""
    if not _ID.fullmatch(text):
        raise ValueError(f"{shorten(text)} is not an id; write small letters, digits and single hyphens, like tan-1")
    if len(text) > ID_LENGTH:
        raise ValueError(f"the id has {len(text)} characters; write at most {ID_LENGTH}")
    return text


def read_ids(text: str) -> tuple[str, ...]:
    """Return the ids of a cell with `;` between, each once."""
    parts = [part.strip() for part in text.split(";")]
    if "" in parts:
        raise ValueError("an entry of the list is empty; write one `;` between two entries and none at the ends")
    return tuple(dict.fromkeys(read_id(part) for part in parts))


def _text(text: str) -> str:
    return text


def _above_zero(text: str) -> float:
    number = parse_number(text)
    if number <= 0:
        raise ValueError(f"{text} is not above 0; write the figure, or leave the cell empty")
    return float(number)


def _skin_type(text: str) -> int:
    number = parse_whole(text)
    if not 1 <= number <= 6:
        raise ValueError(f"{number} is not a skin type; write 1 to 6")
    return number


def _yes_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"{shorten(text)} is neither yes nor no; write yes or no")
    return text == "yes"


def _one_of(*words: str) -> CellReader:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{shorten(text)} is not known; write one of {', '.join(words)}")
        return text

    return read


def _needed(read: CellReader) -> Column:
    return Column(read, in_header=True, filled=True)


def _optional(read: CellReader, *names: str) -> dict[str, Column]:
    return {name: Column(read) for name in names}


_EVERY_ROW: Final = {
    "id": _needed(read_id),
    "objective": _needed(read_id),
    "standing": _needed(_one_of("cited", "protocol", "draft")),
    "sources": Column(read_ids, in_header=True),
    "fact": Column(read_id),
    "conflict": Column(_text),
}

# The pairs of settings.csv that are ranges: the name of the value, its two columns, in the order of the format.
RANGES: Final = {
    "fluence": ("fluence_min_j_cm2", "fluence_max_j_cm2"),
    "pulse": ("pulse_min_ms", "pulse_max_ms"),
    "spot": ("spot_min_mm", "spot_max_mm"),
    "pulse_energy": ("pulse_energy_min_mj", "pulse_energy_max_mj"),
    "passes": ("passes_min", "passes_max"),
    "interval_weeks": ("interval_min_weeks", "interval_max_weeks"),
}
_COUNTED: Final = ("passes", "interval_weeks")

TABLES: Final[dict[str, dict[str, Column]]] = {
    "settings": {
        **_EVERY_ROW,
        "device": _needed(read_id),
        "procedure": _needed(read_id),
        "skin_type_min": _needed(_skin_type),
        "skin_type_max": _needed(_skin_type),
        "decision": _needed(_one_of("allowed", "with_sign_off", "not_allowed")),
        **{
            column: Column(parse_whole if name in _COUNTED else _above_zero)
            for name, pair in RANGES.items()
            for column in pair
        },
        **_optional(_text, "cooling", "tone_rule", "endpoint", "stop_if", "test_spot", "why"),
    },
    "contraindications": {
        **_EVERY_ROW,
        "condition": _needed(_text),
        "category": _needed(read_id),
        "strength": _needed(_one_of("absolute", "temporary", "relative", "precaution")),
        "action": _needed(_one_of("do_not_treat", "defer", "refer", "treat_with_precautions")),
        "defer_days": Column(parse_whole),
        "applies_to": Column(read_ids),
        "procedures": Column(read_ids),
        "decided_by": Column(_one_of("technician", "clinician")),
        **_optional(_text, "ask", "why"),
    },
    "procedure": {
        **_EVERY_ROW,
        "procedure": _needed(read_id),
        "phase": _needed(read_id),
        "step": _needed(_text),
        "after": Column(read_ids),
        "safety_critical": Column(_yes_no),
        **_optional(_text, "stop_if", "record", "why"),
    },
    "statements": {
        **_EVERY_ROW,
        "statement": _needed(_text),
        "prompt": _needed(_text),
        "correct": _needed(_text),
        "wrong_1": _needed(_text),
        **_optional(_text, "wrong_2", "wrong_3"),
        "critical": Column(_yes_no),
        "why": Column(_text),
    },
}
