"""What a person remembers: the same every time, whole days, never later than 180, and what is asked next."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from fsrs import Rating
from hypothesis import given
from hypothesis import strategies as st

from app.exams import memory
from app.exams.memory import Memory, after, in_order, is_due, next_of_any, next_of_day, recall, shown

NOW = datetime(2026, 11, 22, 13, 6, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 22, 23, tzinfo=UTC)
RIGHT, PARTLY, WRONG = Fraction(1), Fraction(1, 3), Fraction(0)
credits_ = st.sampled_from([RIGHT, PARTLY, WRONG, Fraction(2, 3)])
gaps = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))
lives = st.lists(st.tuples(credits_, gaps), min_size=1, max_size=12)


def live(steps: list[tuple[Fraction, timedelta]]) -> list[Memory]:
    known, at, told = None, NOW, []
    for credit, gap in steps:
        at += gap
        known = after(known, credit, at)
        told.append(known)
    return told


@given(steps=lives)
def test_the_same_responses_are_always_remembered_alike(steps: list[tuple[Fraction, timedelta]]) -> None:
    assert live(steps) == live(steps)


@given(steps=lives)
def test_a_fact_is_due_after_whole_days_and_at_most_a_hundred_and_eighty(
    steps: list[tuple[Fraction, timedelta]],
) -> None:
    for known in live(steps):
        assert known.due_at is not None
        wait = known.due_at - known.reviewed_at
        assert timedelta(days=1) <= wait <= timedelta(days=180)
        assert wait % timedelta(days=1) == timedelta(0)


@given(steps=lives)
def test_a_memory_is_stored_and_read_without_loss(steps: list[tuple[Fraction, timedelta]]) -> None:
    known = live(steps)[-1]
    assert memory.memory_of(memory.values_of(known), known.due_at) == known


@given(steps=lives, gap=gaps)
def test_what_is_remembered_only_fades(steps: list[tuple[Fraction, timedelta]], gap: timedelta) -> None:
    known = live(steps)[-1]
    at = known.reviewed_at
    assert recall(known, at) == 1
    assert 0 < recall(known, at + gap) <= 1
    assert recall(known, at + gap + timedelta(days=30)) <= recall(known, at + gap)
    assert shown(known, at + gap) == float(known.credit) * recall(known, at + gap)


def test_a_right_response_waits_longer_than_a_partly_right_one_and_that_one_longer_than_a_wrong_one() -> None:
    waits = [after(None, credit, NOW).due_at for credit in (WRONG, PARTLY, RIGHT)]
    assert waits == [NOW + timedelta(days=days) for days in (1, 1, 2)]
    again = [
        after(after(None, RIGHT, NOW), credit, NOW + timedelta(days=2)).due_at for credit in (WRONG, PARTLY, RIGHT)
    ]
    first, second, third = (one for one in again if one)
    assert first < second < third


@pytest.mark.parametrize(("credit", "heard"), [(1, Rating.Good), (Fraction(1, 99), Rating.Hard), (0, Rating.Again)])
def test_a_credit_is_heard_as_a_rating(credit: Fraction, heard: Rating) -> None:
    assert memory.rating(Fraction(credit)) is heard


def test_who_was_wrong_a_minute_ago_has_shown_nothing() -> None:
    assert shown(after(None, WRONG, NOW), NOW + timedelta(minutes=1)) == 0
    assert shown(after(None, RIGHT, NOW), NOW + timedelta(minutes=1)) == 1


def known_at(**days: float) -> dict[str, Memory]:
    """Facts by the number of days in which each is due."""
    one = after(None, RIGHT, NOW - timedelta(days=20))
    return {
        fact: Memory(
            stability=one.stability,
            difficulty=one.difficulty,
            reviewed_at=one.reviewed_at,
            due_at=NOW + timedelta(days=due),
            credit=one.credit,
            times=1,
        )
        for fact, due in days.items()
    }


def test_the_day_begins_with_what_is_longest_overdue_and_goes_on_with_new_facts() -> None:
    facts, known = ["new", "late", "later", "newer", "next"], known_at(late=-3, later=-1, next=2)
    asked: list[str] = []
    while fact := next_of_day(facts, known, today=asked, tomorrow_at=TOMORROW):
        asked.append(fact)
    assert asked == ["late", "later", "new", "newer"]


def test_what_falls_due_later_today_is_due_today() -> None:
    known = known_at(tonight=0.3, tomorrow=0.5)
    assert [fact for fact, one in known.items() if is_due(one, TOMORROW)] == ["tonight"]


def test_what_waited_for_an_edition_is_due_when_it_can_be_asked() -> None:
    known = {"back": memory.memory_of(memory.values_of(known_at(back=50)["back"]), None)}
    assert next_of_day(["back", "new"], known, today=(), tomorrow_at=TOMORROW) == "back"
    assert next_of_day(["new"], known, today=(), tomorrow_at=TOMORROW) == "new"


def test_who_wants_more_gets_something_as_long_as_there_is_anything() -> None:
    known = known_at(a=10, b=10) | {"weak": after(None, WRONG, NOW - timedelta(days=1))}
    known["weak"] = memory.memory_of(memory.values_of(known["weak"]), NOW + timedelta(days=9))
    facts, today, asked = list(known), ["c"], []
    for _ in range(3):
        fact = next_of_any(facts, known, today=today, tomorrow_at=TOMORROW, now=NOW)
        assert fact is not None
        asked.append(fact)
        today.append(fact)
    assert asked == ["weak", "a", "b"]
    # All were asked today: the one that was asked longest ago comes again.
    oldest = min(facts, key=lambda fact: (known[fact].reviewed_at, fact))
    assert next_of_any(facts, known, today=today, tomorrow_at=TOMORROW, now=NOW) == oldest
    assert next_of_any([], {}, today=(), tomorrow_at=TOMORROW, now=NOW) is None


def test_critical_facts_are_met_first_and_the_rest_by_the_person() -> None:
    facts = {f"fact/{number}": number % 7 == 0 for number in range(40)}
    one, other = in_order(facts, 1), in_order(facts, 2)
    assert one == in_order(dict(reversed(facts.items())), 1)
    assert [facts[fact] for fact in one] == sorted(facts.values(), reverse=True)
    assert one != other
    assert sorted(one) == sorted(other) == sorted(facts)
