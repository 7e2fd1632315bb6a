from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certification.dates import Period
from app.certification.lifecycle import State, StateAsOf
from app.certification.renewal import Again, again, lessons_text, renewal_of
from app.certification.rules import Facts, RequirementKind, assess
from app.content.renewal import shares, shortened
from app.content.values import Exam
from tests.unit.course_rows import section
from tests.unit.test_rules import SCHEME

OPENED = datetime(2026, 11, 17, tzinfo=UTC)
BEFORE, AFTER = OPENED - timedelta(days=200), OPENED + timedelta(days=3)
PERIOD = Period(
    first_on=date(2025, 12, 17),
    last_on=date(2026, 12, 16),
    grace_last_on=date(2026, 12, 30),
    due_from_on=OPENED.date(),
)
CERTIFIED = StateAsOf(state=State.ACTIVE, latest_period=PERIOD)
OLD, NEW = 1, 2
MANIFEST: dict[str, Any] = {
    "lessons": [{"id": one, "title": one.capitalize()} for one in ("light", "skin", "safety")],
    "lesson_hashes": {"light": "a", "skin": "b2", "safety": "c"},
}
TAUGHT = {"light": "a", "skin": "b"}

weights_and_items = st.lists(st.integers(1, 30), min_size=1, max_size=8).flatmap(
    lambda weights: st.tuples(st.just(weights), st.integers(0, sum(weights)))
)


@dataclass(frozen=True)
class Read:
    lesson_id: str
    release_id: int
    read_at: datetime


def exam(*items: int, minutes: int = 30) -> Exam:
    return Exam(
        cut_score_percent=80,
        time_limit_minutes=minutes,
        attempts=3,
        retake_wait_hours=24,
        sections=tuple(section(one, "settings") for one in items),
    )


@given(weights_and_items)
def test_all_are_dealt_out_and_nobody_gets_more_than_there_is(dealing: tuple[list[int], int]) -> None:
    weights, items = dealing
    dealt = shares(weights, items)
    assert sum(dealt) == items
    assert all(0 <= share <= weight for share, weight in zip(dealt, weights, strict=True))
    if items >= len(weights):
        assert min(dealt) >= 1


@given(weights_and_items)
def test_shares_are_in_proportion(dealing: tuple[list[int], int]) -> None:
    weights, items = dealing
    dealt = shares(weights, items)
    quotas = [Fraction(weight * items, sum(weights)) for weight in weights]
    for index, (weight, share) in enumerate(zip(weights, dealt, strict=True)):
        assert all(share >= other for than, other in zip(weights, dealt, strict=True) if weight > than), index
    if min(quotas) >= 1 or items < len(weights):
        assert all(abs(share - quota) < 1 for share, quota in zip(dealt, quotas, strict=True))


@given(weights_and_items)
def test_the_largest_remainders_are_rounded_up(dealing: tuple[list[int], int]) -> None:
    weights, items = dealing
    quotas = [Fraction(weight * items, sum(weights)) for weight in weights]
    if min(quotas) < 1:
        return
    remainders = {True: [Fraction(0)], False: [Fraction(0)]}
    for share, quota in zip(shares(weights, items), quotas, strict=True):
        remainders[share > quota].append(quota % 1)
    assert min(remainders[True][1:], default=Fraction(1)) >= max(remainders[False])


@pytest.mark.parametrize(
    ("weights", "items", "dealt"),
    [
        ([3, 5, 5, 4, 3], 10, (2, 3, 2, 2, 1)),  # of equal remainders the earlier ones
        ([1, 1, 1, 97], 4, (1, 1, 1, 1)),
        ([1, 1, 1, 97], 10, (1, 1, 1, 7)),
        ([2, 2, 2], 2, (1, 1, 0)),
        ([4, 4], 99, (4, 4)),
        ([4, 4], 0, (0, 0)),
    ],
)
def test_shares_by_hand(weights: Sequence[int], items: int, dealt: tuple[int, ...]) -> None:
    assert shares(weights, items) == dealt


@pytest.mark.parametrize(
    ("items", "asked", "minutes"), [(10, 10, 15), (7, 7, 11), (99, 20, 30), (20, 20, 30), (2, 5, 8), (0, 5, 8)]
)
def test_a_shorter_exam_never_leaves_a_section_out_nor_asks_more(items: int, asked: int, minutes: int) -> None:
    whole = exam(3, 5, 5, 4, 3)
    shorter = shortened(whole, items)
    assert sum(one.items for one in shorter.sections) == asked
    assert min(one.items for one in shorter.sections) >= 1
    assert shorter.time_limit_minutes == minutes  # rounded up: 30 minutes times 7 of 20 are 10.5
    assert replace(shorter, sections=whole.sections, time_limit_minutes=30) == whole


@pytest.mark.parametrize(
    ("state", "items", "asked"),
    [
        (CERTIFIED, 10, 10),
        (replace(CERTIFIED, state=State.EXPIRED), 10, 10),
        (replace(CERTIFIED, state=State.SUSPENDED), 10, 10),
        (replace(CERTIFIED, state=State.REVOKED), 10, None),
        (replace(CERTIFIED, state=State.SUPERSEDED), 10, None),
        (StateAsOf(state=State.NONE), 10, None),
        (CERTIFIED, None, None),
    ],
)
def test_who_renews_sits_less(state: StateAsOf, items: int | None, asked: int | None) -> None:
    found = renewal_of(replace(SCHEME, renewal_items=items), exam(8, 12), state, OLD)
    assert (found.items if found else None) == asked
    assert found is None or found.since_id == OLD


def asked_again(
    lessons: str | None, *readings: Read, since_id: int = OLD, now: datetime = AFTER, **more: Any
) -> Again | None:
    return again(
        replace(SCHEME, renewal_lessons=lessons),
        more.get("manifest", MANIFEST),
        NEW,
        more.get("state", CERTIFIED),
        since_id=since_id,
        taught=more.get("taught", TAUGHT),
        readings=readings,
        opened_at=OPENED,
        now=now,
    )


def test_changed_lessons_are_read_in_the_edition_in_force() -> None:
    found = asked_again("changed", Read("skin", OLD, AFTER), Read("safety", NEW, BEFORE), Read("light", NEW, AFTER))
    assert found
    assert (found.needed, found.read, found.missing) == (("skin", "safety"), frozenset({"safety"}), ("skin",))
    assert lessons_text(found) == "2 lessons changed since the last certification; still to read: “Skin”"
    # Of what did not change, what was ever read stays read.
    assert found.told({"light", "skin"}) == {"light", "safety"}


@pytest.mark.parametrize(
    ("taught", "read", "text"),
    [
        (TAUGHT, (), "2 lessons changed since the last certification; still to read: “Skin” and “Safety”"),
        (TAUGHT, ("skin", "safety"), "2 lessons changed since the last certification, read in this edition"),
        ({**TAUGHT, "safety": "c"}, (), "1 lesson changed since the last certification; still to read: “Skin”"),
        ({}, (), "3 lessons changed since the last certification, 3 still to read"),
    ],
)
def test_the_words_name_the_few_that_are_left(taught: dict[str, str], read: Sequence[str], text: str) -> None:
    found = asked_again("changed", *(Read(one, NEW, AFTER) for one in read), taught=taught)
    assert found
    assert lessons_text(found) == text


def test_of_the_same_edition_nothing_changed() -> None:
    found = asked_again("changed", since_id=NEW, taught=None)
    assert found
    assert found.needed == ()
    assert lessons_text(found) == "No lesson changed since the last certification"


@pytest.mark.parametrize("unknown", [{"taught": None}, {"manifest": {"lessons": MANIFEST["lessons"]}}])
def test_where_nobody_knows_what_lessons_were_all_count_as_changed(unknown: dict[str, Any]) -> None:
    found = asked_again("changed", **unknown)
    assert found
    assert found.needed == ("light", "skin", "safety")


def test_all_lessons_are_read_again_since_the_window_opened() -> None:
    found = asked_again("all", Read("light", OLD, OPENED), Read("skin", NEW, BEFORE))
    assert found
    assert (found.read, found.missing) == (frozenset({"light"}), ("skin", "safety"))
    assert lessons_text(found) == "1 of 3 lessons read again"
    assert asked_again("all", now=OPENED - timedelta(seconds=1)) is None


@pytest.mark.parametrize("lessons", ["all", "changed", "none"])
def test_who_lost_it_for_good_or_never_had_it_learns_as_at_first(lessons: str) -> None:
    assert asked_again(lessons, state=replace(CERTIFIED, state=State.REVOKED)) is None
    assert asked_again(lessons, state=StateAsOf(state=State.NONE)) is None


def test_without_a_word_a_renewal_asks_for_the_lessons_as_at_first() -> None:
    assert asked_again(None) is None


@pytest.mark.parametrize(("lessons", "missing"), [("all", 3), ("changed", 2), ("none", None)])
def test_the_requirement_follows_the_renewal(lessons: str, missing: int | None) -> None:
    facts = Facts(lessons=("light", "skin", "safety"), again=asked_again(lessons))
    told = [len(one.missing) for one in assess(SCHEME, facts).requirements if one.kind is RequirementKind.LESSONS]
    assert told == ([] if missing is None else [missing])


@pytest.mark.parametrize("lessons", ["all", "changed", "none"])
def test_what_was_accepted_from_outside_stands_for_its_own_requirement(lessons: str) -> None:
    facts = Facts(lessons=("light", "skin", "safety"), again=asked_again(lessons), accepted={"exam": "Board 7"})
    met = {one.kind: one.met for one in assess(SCHEME, facts).requirements}
    assert met.pop(RequirementKind.EXAM)
    assert not any(met.values())


def test_lessons_accepted_from_outside_are_not_read_again() -> None:
    facts = Facts(lessons=("light", "skin", "safety"), again=asked_again("all"), accepted={"lessons": "Board 7"})
    [lessons] = [one for one in assess(SCHEME, facts).requirements if one.kind is RequirementKind.LESSONS]
    assert (lessons.met, lessons.missing) == (True, ())
    assert lessons.text == "0 of 3 lessons read again; Board 7 was accepted for it"
