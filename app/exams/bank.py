"""What a course can ask outside its exam: the same families and facts, but never an item of the exam; pure.

Left out are:
- items written by hand: each is one item, however its options lie, and the exam draws it;
- an item whose every variant looks like one that the exam can draw (a numeric item has one face, a statement with one
  wrong answer two): where a family has nothing else to show, the fact is asked by another family or not at all;
- whatever rests on a draft, which nobody confirmed, or on a row that was withdrawn.

A variant counts as another one by what is seen of it. Its hash would not do: that holds the seed, and differs always.
Of the variants that are left, one with other answers to choose from is taken before one with the same in another order.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.content.draw import LIVE_SEEDS
from app.content.generate import units_of, written
from app.content.generate.seeded import digest
from app.content.generate.unit import Unit
from app.content.pieces import TABLES
from app.content.read import read_course
from app.content.values import Course, Fact, Item, Standing

SEEDS: Final = range(LIVE_SEEDS, LIVE_SEEDS + 64)  # finite, so that what is stored of them is
Face = tuple[object, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Askable:
    """An item that is no exam's: `faces` are what the exam's variants of it look like, in their order and without."""

    unit: Unit
    faces: frozenset[Face]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bank:
    """What a course asks outside its exam, by fact; `drafts` are rows that nothing may rest on."""

    course: Course
    by_fact: Mapping[str, tuple[Askable, ...]]
    drafts: frozenset[str]

    def objective(self, fact: str) -> str:
        """Return the objective that a fact belongs to."""
        return self.by_fact[fact][0].unit.objective

    def critical(self, fact: str) -> bool:
        """Tell whether any item of a fact is critical."""
        return any(one.unit.critical for one in self.by_fact[fact])

    def facts(self, withdrawn: Collection[str]) -> list[str]:
        """Return the facts that can be asked when these rows ("settings/set-004") are withdrawn."""
        if not withdrawn:
            return list(self.by_fact)
        stopped = self.drafts | set(withdrawn)
        return [fact for fact, found in self.by_fact.items() if any(any(variants(one, 0, stopped)) for one in found)]

    def item(self, fact: str, turn: int, withdrawn: Collection[str]) -> Item | None:
        """Return the item that asks a fact for the so-many-th time; the same arguments always give the same one.

        None where every item of the fact rests on a withdrawn row.
        """
        askables, stopped = self.by_fact[fact], self.drafts | set(withdrawn)
        for step in range(len(askables)):
            if found := best(askables[(turn + step) % len(askables)], turn, stopped):
                return found
        return None


def make_bank(files: Mapping[str, bytes], course_id: str) -> Bank | None:
    """Return what a published course asks outside its exam; None where its files cannot be read any more.

    It takes about half a second: whoever calls it keeps the bank for as long as the content is asked.
    """
    course, _ = read_course(files, course_id)
    if course is None:
        return None
    rows = {f"{table}/{row.id}": row for table in TABLES for row in _rows(course, table)}
    drafts = frozenset(key for key, row in rows.items() if row.standing is Standing.DRAFT)
    by_fact: dict[str, list[Askable]] = {}
    for unit in units_of(course):
        if unit.build and unit.family != written.FAMILY:
            askable = Askable(unit=unit, faces=frozenset(_faces(unit)))
            if any(variants(askable, 0, drafts)):
                by_fact.setdefault(fact_of(course_id, unit.key_row, rows), []).append(askable)
    return Bank(
        course=replace(course, files={}),  # its pictures are served from elsewhere
        by_fact={fact: tuple(found) for fact, found in by_fact.items()},
        drafts=drafts,
    )


def fact_of(course_id: str, key_row: str, rows: Mapping[str, Fact]) -> str:
    """Return what a fact is remembered by: its id in all courses where it has one, else its place in this course.

    A phase or a category that an item asks as a whole is remembered by its place too.
    """
    row = rows.get(key_row)
    return f"fact/{row.fact}" if row is not None and row.fact else f"{course_id}/{key_row}"


def _rows(course: Course, table: str) -> tuple[Fact, ...]:
    rows: tuple[Fact, ...] = getattr(course, table)
    return rows


def _faces(unit: Unit) -> Iterator[Face]:
    if unit.build:
        for seed in range(LIVE_SEEDS):
            item = unit.build(seed)
            yield face(item)
            yield _unordered(item)


def face(item: Item) -> Face:
    """Return what a person sees of an item: two items with one face are the same question to them."""
    options = tuple((option.id, option.text) for option in (*item.options, *item.rights))
    return (item.stem, item.media, options)


def _unordered(item: Item) -> Face:
    return (item.stem, item.media, frozenset(option.text for option in (*item.options, *item.rights)))


def variants(askable: Askable, turn: int, stopped: Collection[str]) -> Iterator[Item]:
    """Yield the variants that no exam shows and that rest on no stopped row, from a place that the turn decides."""
    if build := askable.unit.build:
        start = digest("refresher", askable.unit.id, turn) % len(SEEDS)
        for step in range(len(SEEDS)):
            item = build(SEEDS[(start + step) % len(SEEDS)])
            if face(item) not in askable.faces and {item.key_row, *item.facts}.isdisjoint(stopped):
                yield item


def best(askable: Askable, turn: int, stopped: Collection[str]) -> Item | None:
    """Return a variant with other answers than the exam's if there is any, else one with them in another order."""
    first = None
    for item in variants(askable, turn, stopped):
        if _unordered(item) not in askable.faces:
            return item
        first = first or item
    return first
