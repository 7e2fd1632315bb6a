"""What a delta quiz asks: of a release's changed rows only, and never an item of the exam; pure."""

from collections.abc import Collection, Iterable
from typing import Final

from app.content.values import Item
from app.exams.bank import Askable, Bank, best, variants

PER_ROW: Final = 3  # items a changed row: enough to tell the new from the old, few enough for a phone between clients


def units_of(bank: Bank, rows: Iterable[str], changed: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return what can be asked of each row, by the row: those first of which the exam's own items changed.

    A row that no item asks by itself is asked by those that rest on it; where there is none, it has nothing.
    """
    every = [one for found in bank.by_fact.values() for one in found]
    told: dict[str, tuple[str, ...]] = {}
    for row in rows:
        own = [one for one in every if one.unit.key_row == row] or [one for one in every if _rests(one, row, bank)]
        own.sort(key=lambda one: (one.unit.id not in changed, not one.unit.critical))
        touched = [one for one in own if one.unit.id in changed]
        told[row] = tuple(one.unit.id for one in (touched or own)[:PER_ROW])
    return told


def variant(bank: Bank, unit: str, turn: int, withdrawn: Collection[str]) -> Item | None:
    """Return an item of a unit that no exam shows; another turn gives another one where there is any."""
    askable = next((one for found in bank.by_fact.values() for one in found if one.unit.id == unit), None)
    return best(askable, turn, bank.drafts | set(withdrawn)) if askable else None


def next_unit(units: Iterable[str], tries: Iterable[tuple[str, bool]]) -> str | None:
    """Return what is asked next: of what was not right yet that which was tried least; None when all was right once."""
    counted: dict[str, int] = {}
    right = set()
    for unit, was_right in tries:
        counted[unit] = counted.get(unit, 0) + 1
        if was_right:
            right.add(unit)
    return min((one for one in units if one not in right), key=lambda one: counted.get(one, 0), default=None)


def _rests(askable: Askable, row: str, bank: Bank) -> bool:
    item = next(variants(askable, 0, bank.drafts), None)
    return item is not None and row in item.facts
