"""What a course asks outside its exam: never an item of the exam, never a draft or a withdrawn row."""

from functools import cache
from pathlib import Path

import pytest

from app.content import generate
from app.content.draw import LIVE_SEEDS
from app.content.read import course_files, files_of
from app.content.values import Course, Item
from app.exams.bank import SEEDS, Bank, face, make_bank
from app.releases.freeze import frozen_item, media_url

COURSES = Path(__file__).resolve().parent.parent.parent / "courses"
NAMES = ("skin-tightening", "laser-safety", "hair-reduction", "client-screening")
TURNS = 3
pytestmark = pytest.mark.parametrize("name", NAMES)


@cache
def bank_of(name: str) -> Bank:
    bank = make_bank(files_of(course_files(COURSES), name), name)
    assert bank is not None
    return bank


@cache
def pool_of(name: str) -> tuple[frozenset[object], frozenset[str]]:
    """The faces and content hashes of every item that the exam can draw."""
    course: Course = bank_of(name).course
    items = [item for seed in range(LIVE_SEEDS) for item in generate.items_of(course, seed=seed)]
    hashes = frozenset(frozen_item(item, course, media_url("0" * 64, name)).hash for item in items)
    return frozenset(face(item) for item in items), hashes


def test_nothing_that_is_asked_is_an_item_of_the_exam(name: str) -> None:
    bank, (faces, hashes) = bank_of(name), pool_of(name)
    asked = [item for fact in bank.by_fact for turn in range(TURNS) if (item := bank.item(fact, turn, ()))]
    assert len(asked) == TURNS * len(bank.by_fact)
    assert {item.seed for item in asked} <= set(SEEDS)
    assert [item.id for item in asked if face(item) in faces] == []
    frozen = {frozen_item(item, bank.course, media_url("0" * 64, name)).hash for item in asked}
    assert frozen.isdisjoint(hashes)
    assert {item.family for item in asked}.isdisjoint({"items", "settings-value"})


def test_every_fact_that_has_another_face_is_asked(name: str) -> None:
    bank, (faces, _) = bank_of(name), pool_of(name)
    drafts = bank.drafts
    could = {
        unit.id
        for unit in generate.units_of(bank.course)
        if unit.build and unit.family != "items"
        if any(another(unit.build(seed), faces, drafts) for seed in SEEDS)
    }
    assert {one.unit.id for found in bank.by_fact.values() for one in found} == could


def test_the_same_turn_always_asks_the_same_and_turns_differ(name: str) -> None:
    bank = bank_of(name)
    some = list(bank.by_fact)[::6]
    first, again = ([[bank.item(fact, turn, ()) for turn in range(TURNS)] for fact in some] for _ in range(2))
    assert first == again
    differing = sum(len({face(item) for item in turns if item}) > 1 for turns in first)
    assert differing > 0.9 * len(some)


def test_nothing_rests_on_a_draft(name: str) -> None:
    bank = bank_of(name)
    resting = {row for fact in bank.by_fact if (item := bank.item(fact, 1, ())) for row in (item.key_row, *item.facts)}
    assert resting.isdisjoint(bank.drafts)


def test_nothing_rests_on_a_withdrawn_row(name: str) -> None:
    bank = bank_of(name)
    for fact in list(bank.by_fact)[::40]:
        first = bank.item(fact, 0, ())
        assert first is not None
        withdrawn = {first.key_row}
        left = bank.facts(withdrawn)
        for other in left[::4]:
            item = bank.item(other, 0, withdrawn)
            assert item is not None
            assert withdrawn.isdisjoint({item.key_row, *item.facts})
        gone = set(bank.by_fact) - set(left)
        assert [bank.item(other, 0, withdrawn) for other in gone] == [None] * len(gone)
        assert fact in gone or first.id.startswith("settings-device")


def test_files_that_cannot_be_read_make_no_bank(name: str) -> None:
    files = files_of(course_files(COURSES), name)
    assert make_bank({**files, f"{name}/course.yaml": b"format: 99"}, name) is None


def another(item: Item, faces: frozenset[object], drafts: frozenset[str]) -> bool:
    """Tell whether an item shows what no exam does, and rests on nothing unconfirmed."""
    return face(item) not in faces and drafts.isdisjoint({item.key_row, *item.facts})
