"""An item on its way out: what both formats write of it, with the texts that have no place in them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Final

from app.content.cells import ID_LENGTH
from app.content.generate import FAMILIES, items_of, written
from app.content.grade import closure
from app.content.values import Course, Item, ItemType, Problem

_PATH: Final = "items.yaml"


@dataclass(frozen=True, slots=True)
class Exported:
    """A written file, what was refused, and what the other system will do otherwise; problems name the item."""

    data: bytes
    count: int
    refused: list[Problem]
    notes: list[Problem]


def items_to_export(course: Course, *, generated: bool) -> list[Item]:
    """Return the items written by hand, in the order of the file, and on demand those of fact tables at seed 0."""
    families = [family for family in FAMILIES if family != written.FAMILY]
    return [*course.items, *(items_of(course, seed=0, families=families) if generated else ())]


def named(items: Iterable[Item]) -> Iterator[tuple[str, Item]]:
    """Yield items with an id of at most 64 characters that no other has: by hand, the id in items.yaml."""
    used: set[str] = set()
    for item in items:
        name = item.id.removeprefix("items/") if item.family == written.FAMILY else re.sub(r"[^a-z0-9-]+", "-", item.id)
        shown, number = name[:ID_LENGTH].rstrip("-"), 2
        while shown in used:
            ending = f"-{number}"
            shown, number = name[: ID_LENGTH - len(ending)].rstrip("-") + ending, number + 1
        used.add(shown)
        yield shown, item if not item.notice else replace(item, stem=f"{item.stem}\n\n{item.notice}")


def why_not(item: Item) -> str | None:
    """Return why an item cannot be said in another format, or None."""
    if item.type is ItemType.ORDERING and order_of(item) is None:
        return "several orders of its steps are right, and the other formats know one"
    return None


def order_of(item: Item) -> list[str] | None:
    """Return the option ids of an ordering item in the one right order, or None where several are right."""
    pairs = closure(item.key)
    ids = [option.id for option in item.options]
    in_order = sorted(ids, key=lambda one: sum(after == one for _, after in pairs))
    return in_order if all(pair in pairs for pair in combinations(in_order, 2)) else None


def middle(item: Item) -> tuple[Decimal, Decimal]:
    """Return the middle of what a numeric item accepts, and how far it reaches to each side; exact."""
    low, high = Decimal(str(item.key["min"])), Decimal(str(item.key["max"]))
    return (low + high) / 2, (high - low) / 2


def digits(number: Decimal) -> str:
    """Return a number without an exponent or a needless zero."""
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def problem(name: str, message: str) -> Problem:
    """Return what is said of an item."""
    return Problem(path=_PATH, field=name, message=message)
