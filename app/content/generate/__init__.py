"""Items from facts: a module a family, each item proven to have exactly one true answer under every row."""

from collections.abc import Collection
from typing import Any

from app.content.generate import (
    case,
    contraindication_action,
    contraindication_interval,
    contraindication_select,
    procedure_missing,
    procedure_next,
    procedure_order,
    settings_decision,
    settings_device,
    settings_range,
    settings_value,
    statement,
    written,
)
from app.content.generate.unit import Unit
from app.content.values import Course, Item

# Families whose item is made of several rows: each row shown means it.
OF_SEVERAL = (contraindication_select.FAMILY, procedure_order.FAMILY)
# In the order in which items and counts are listed.
FAMILIES = {
    settings_range.FAMILY: settings_range.units,
    settings_value.FAMILY: settings_value.units,
    settings_decision.FAMILY: settings_decision.units,
    settings_device.FAMILY: settings_device.units,
    contraindication_action.FAMILY: contraindication_action.units,
    contraindication_interval.FAMILY: contraindication_interval.units,
    contraindication_select.FAMILY: contraindication_select.units,
    procedure_next.FAMILY: procedure_next.units,
    procedure_order.FAMILY: procedure_order.units,
    procedure_missing.FAMILY: procedure_missing.units,
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
    """Say whether `--row table/row` means an item: it is that row's own, or a phase's or category's that shows it."""
    shows = item.family in OF_SEVERAL and row in item.facts
    return shows or item.key_row == row or item.id.partition("/")[2] == row


def row_names(course: Course) -> set[str]:
    """Return every table/row that a course holds, and every phase or category that its items are told by."""
    tables = ("settings", "contraindications", "procedure", "statements")
    rows = {f"{table}/{row.id}" for table in tables for row in getattr(course, table)}
    told = {name for unit in units_of(course) for name in (unit.row, unit.key_row, unit.id.partition("/")[2])}
    return rows | told


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
