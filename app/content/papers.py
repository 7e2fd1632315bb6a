"""What a course's exam can draw from, whether it is enough for two papers, and a paper as it would be drawn."""

from collections.abc import Iterable
from typing import Any

from app.content.draw import PoolItem, draw, eligible, most_papers, shortfalls
from app.content.generate import units_of
from app.content.generate.unit import Unit
from app.content.values import Course, Item, ItemType


def pool_of(course: Course) -> list[PoolItem]:
    """Return all items of a course, generated and written by hand, as a draw sees them."""
    return _pool(units_of(course))


def problem_sections(course: Course) -> list[tuple[int, int, int]]:
    """Return (section index, items in its pool, most possible) for sections that two papers cannot both fill.

    The two papers share no item (another seed is a variant, not another item), and within each no key row is asked
    twice. A section comes after the ones before it, and one that cannot be filled is left out for those after it.
    """
    return shortfalls(course.exam.sections, pool_of(course), papers=2)


def section_pools(course: Course, units: Iterable[Unit]) -> tuple[list[tuple[int, int]], int]:
    """Return for each section (items in its pool, papers it could fill alone), and how many whole papers there are.

    No two of the papers share an item; within each no key row is asked twice.
    """
    pool, sections = _pool(units), course.exam.sections
    alone = [(len(eligible(section, pool)), most_papers([section], pool)) for section in sections]
    return alone, most_papers(sections, pool)


def drawn_items(course: Course, seed: int) -> tuple[list[tuple[int, Item]], dict[str, Any]]:
    """Return the items of the paper of a seed in order, each with its section's index, and the proof.

    Raises DrawError where the course's sections cannot be filled.
    """
    units = units_of(course)
    built = {unit.id: unit.build for unit in units if unit.build}
    drawn = draw(course.exam.sections, _pool(units), seed=seed)
    return [(pick.section_index, built[pick.item_id](pick.variant_seed)) for pick in drawn.picks], drawn.proof


def paper(course: Course, seed: int) -> dict[str, Any]:
    """Return a paper as it would be drawn: {seed, items: [item_json with its section's index], proof}.

    Raises DrawError where the course's sections cannot be filled.
    """
    items, proof = drawn_items(course, seed)
    return {"seed": seed, "items": [{**item_json(item), "section": index} for index, item in items], "proof": proof}


def item_json(item: Item) -> dict[str, Any]:
    """Return an item in the shape that `fluence courses items` prints.

    The notice that must stand with an item ends its stem; a matching item's rights follow its lefts in `options`.
    """
    return {
        "id": item.id,
        "family": item.family,
        "seed": item.seed,
        "type": str(item.type),
        "stem": f"{item.stem}\n\n{item.notice}" if item.notice else item.stem,
        "options": [{"id": option.id, "text": option.text} for option in (*item.options, *item.rights)],
        "key": _key_json(item),
        "critical": item.critical,
        "facts": list(item.facts),
        "sources": list(item.sources),
        "why": item.why,
    }


def _pool(units: Iterable[Unit]) -> list[PoolItem]:
    return [
        PoolItem(
            id=unit.id,
            objective=unit.objective,
            draw_from=unit.draw_from,
            key_row=unit.key_row,
            critical=unit.critical,
        )
        for unit in units
        if unit.build
    ]


def _key_json(item: Item) -> list[str] | list[list[str]] | dict[str, Any]:
    if item.type in (ItemType.NUMERIC, ItemType.MATCHING):
        return dict(item.key)
    if item.type is ItemType.ORDERING:
        return [list(pair) for pair in item.key]
    return list(item.key)
