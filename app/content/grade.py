"""How much of an item's credit a response earns; what cannot be read earns nothing and never fails."""

import re
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from app.content.values import ItemType, Scoring

NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+))\s*(.*)", re.DOTALL)
LONGEST_NUMBER = 64  # characters; a longer one is no figure that anybody typed
LARGEST = 10**15  # what a double keeps exactly
NONE = Fraction(0)
FULL = Fraction(1)


def credit(item_type: ItemType, scoring: Scoring, key: object, chosen: object) -> Fraction:
    """Return the share of an item's credit that a response earns, 0–1.

    `key` is as in Item. `chosen` by type: single and multiple, the option ids; numeric, text like "12.5" or
    "12,5"; ordering, the option ids in order; matching, {left id: right id}. Anything else earns 0.
    """
    if item_type is ItemType.NUMERIC:
        return _whole(_is_within(key, chosen))
    if item_type is ItemType.MATCHING:
        return _matching(scoring, key, chosen)
    ids = _ids(chosen)
    if not ids or not isinstance(key, list | tuple) or not key:
        return NONE
    if item_type is ItemType.ORDERING:
        return _ordering(scoring, key, ids)
    if item_type is ItemType.MULTIPLE:
        return _multiple(scoring, set(key), set(ids))
    return _whole(ids == list(key))


def credit_of(keyed: Mapping[str, Any], chosen: object, *, key: object = None) -> Fraction:
    """Return what a response earns of an item as it was frozen (`keyed`), or under another `key` of the same kind."""
    return credit(ItemType(keyed["type"]), Scoring(keyed["scoring"]), keyed["key"] if key is None else key, chosen)


def parse_number(text: str, unit: str = "") -> Fraction | None:
    """Return the number that a text spells with a comma or a point, with or without its unit, or None."""
    found = NUMBER.fullmatch(text.strip()) if len(text) <= LONGEST_NUMBER else None
    if found is None or found[2].casefold() not in ("", unit.strip().casefold()):
        return None
    return Fraction(found[1].replace(",", "."))


def closure(pairs: Collection[Sequence[str]]) -> set[tuple[str, str]]:
    """Return all (before, after) pairs that the given ones imply."""
    known = {(before, after) for before, after in pairs}
    while True:
        implied = {(one, last) for one, middle in known for other, last in known if middle == other} - known
        if not implied:
            return known
        known |= implied


def _whole(right: bool) -> Fraction:  # noqa: FBT001  a truth becomes a fraction
    return FULL if right else NONE


def _ids(chosen: object) -> list[str] | None:
    """Return the option ids of a response, or None where it is no list of different ids."""
    if not isinstance(chosen, list | tuple) or not all(isinstance(one, str) for one in chosen):
        return None
    return list(chosen) if len(set(chosen)) == len(chosen) else None


def _is_within(key: object, chosen: object) -> bool:
    if isinstance(chosen, int | float) and not isinstance(chosen, bool) and abs(chosen) < LARGEST:
        chosen = format(chosen, ".15g")
    if not isinstance(chosen, str) or not isinstance(key, Mapping):
        return False
    value = parse_number(chosen, str(key["unit"]))
    # Figures are compared as the decimals that people read, not as binary fractions.
    return value is not None and Fraction(str(key["min"])) <= value <= Fraction(str(key["max"]))


def _multiple(scoring: Scoring, key: set[str], ids: set[str]) -> Fraction:
    if scoring != Scoring.PER_CORRECT:
        return _whole(ids == key)
    # A wrong choice takes away what a right one gave, so that choosing everything earns nothing.
    return max(NONE, Fraction(len(ids & key) - len(ids - key), len(key)))


def _ordering(scoring: Scoring, key: Collection[Sequence[str]], ids: list[str]) -> Fraction:
    place = {one: number for number, one in enumerate(ids)}
    pairs = closure(key)
    kept = sum(one in place and other in place and place[one] < place[other] for one, other in pairs)
    if scoring != Scoring.PAIRS:
        return _whole(kept == len(pairs))
    return Fraction(kept, len(pairs))


def _matching(scoring: Scoring, key: object, chosen: object) -> Fraction:
    if not isinstance(chosen, Mapping) or not isinstance(key, Mapping) or not key:
        return NONE
    right = sum(chosen.get(one) == other for one, other in key.items())
    if scoring != Scoring.PER_CORRECT:
        return _whole(right == len(key) == len(chosen))
    return Fraction(right, len(key))
