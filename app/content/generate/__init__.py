"""Items from facts: a module a family, each item proven to have exactly one true answer under every row."""

from collections.abc import Collection
from typing import Any

from app.content.generate import case, contraindication_action, procedure_order, settings_range, statement, written
from app.content.generate.unit import Unit
from app.content.values import Course, Item

# In the order in which items and counts are listed.
FAMILIES = {
    settings_range.FAMILY: settings_range.units,
    contraindication_action.FAMILY: contraindication_action.units,
    procedure_order.FAMILY: procedure_order.units,
    statement.FAMILY: statement.units,
    case.FAMILY: case.units,
    written.FAMILY: written.units,
}


def units_of(course: Course, families: Collection[str] | None = None) -> list[Unit]:
    """Return what each family in force makes, or cannot make, of every row; `families` None means all."""
    return [
        unit for family, units in FAMILIES.items() if families is None or family in families for unit in units(course)
    ]


def items_of(course: Course, *, seed: int, families: Collection[str] | None = None) -> list[Item]:
    """Return the variants that a seed gives of all items, generated and written by hand."""
    return [unit.build(seed) for unit in units_of(course, families) if unit.build]


def rests_on(item: Item, row: str) -> bool:
    """Say whether `--row table/row` means an item: it is that row's own, or a phase's that shows the row."""
    of_phase = item.family == procedure_order.FAMILY and row in item.facts
    return of_phase or item.key_row == row or item.id.partition("/")[2] == row


def counts(course: Course, families: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Return for each family and row {family, row, objective, items, why_none}: how many items, and why not more."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for unit in units_of(course, families):
        empty = {
            "family": unit.family,
            "row": unit.row,
            "objective": unit.objective,
            "items": 0,
            "why_none": None,
        }
        count = rows.setdefault((unit.family, unit.row), empty)
        count["items"] += unit.build is not None
        count["why_none"] = " ".join(filter(None, (count["why_none"], unit.why_none))) or None
    return list(rows.values())
