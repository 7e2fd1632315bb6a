"""A certification that requires another: it stands only while that one does."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given

from app.certification.lifecycle import Event, EventKind, State, StateAsOf, resting_on, state_as_of
from tests.unit.life_oracle import DAYS, EVER, ISSUED_ON, LIVES, at, event, plainly
from tests.unit.test_lifecycle import FIRST, issued, renewed


def resting(events: Sequence[Event], required: Sequence[Sequence[Event]], day: date, known_at: datetime) -> StateAsOf:
    held = [state_as_of(one, day, known_at) for one in required]
    return resting_on(state_as_of(events, day, known_at), [("Laser safety", held)])


def resting_plainly(events: list[Event], required: list[Event], day: date, known_at: datetime) -> State:
    own, carries = plainly(events, day, known_at), (State.ACTIVE, State.GRACE)
    lapsed = own in carries and plainly(required, day, known_at) not in carries
    return State.SUSPENDED if lapsed else own


@pytest.mark.parametrize(
    ("day", "state", "lapsed", "leaning"),
    [
        (date(2027, 2, 27), State.ACTIVE, None, None),
        (FIRST.last_on + timedelta(days=1), State.ACTIVE, None, "Laser safety"),
        (FIRST.grace_last_on, State.ACTIVE, None, "Laser safety"),
        (FIRST.grace_last_on + timedelta(days=1), State.SUSPENDED, "Laser safety", None),
    ],
)
def test_what_it_requires_has_to_be_in_force(day: date, state: State, lapsed: str | None, leaning: str | None) -> None:
    own = [issued(1), renewed(date(2027, 2, 20))]
    answer = resting(own, [[issued(1)]], day, EVER)
    assert (answer.state, answer.lapsed, answer.leaning) == (state, lapsed, leaning)
    assert answer.until_on == (None if lapsed else FIRST.grace_last_on)
    if lapsed:
        assert (answer.since_on, answer.reason_code) == (day, "requirement_lapsed")
        assert answer.reason == "It requires Laser safety, which is not in force."


def test_it_stands_no_longer_than_what_it_requires_has_stood() -> None:
    back_on = date(2026, 6, 1)
    suspended = event(EventKind.SUSPENDED, date(2026, 5, 1))
    required = [issued(1), suspended, event(EventKind.REINSTATED, back_on)]
    for day, since_on in (
        (date(2026, 4, 1), ISSUED_ON),
        (date(2026, 5, 9), date(2026, 5, 1)),
        (date(2026, 7, 1), back_on),
    ):
        assert resting([issued(1)], [required], day, EVER).since_on == since_on
    later = FIRST.last_on + timedelta(days=1)
    in_grace = resting([issued(1)], [required], later, EVER)
    assert (in_grace.since_on, in_grace.stands_from) == (later, back_on)


def test_never_held_or_taken_away_it_carries_nothing() -> None:
    day = date(2026, 6, 1)
    revoked = [issued(1), event(EventKind.REVOKED, day)]
    assert resting([issued(1)], [], day, EVER).state is State.SUSPENDED
    assert resting([issued(1)], [revoked], day, EVER).since_on == day
    assert resting([issued(1)], [revoked, [issued(1)]], day, EVER).state is State.ACTIVE  # certified anew


@given(LIVES, LIVES, DAYS, DAYS)
def test_what_rests_on_another_agrees_with_the_plain_words(
    events: list[Event], required: list[Event], day: date, known_on: date
) -> None:
    known_at = at(known_on)
    answer = resting(events, [required], day, known_at)
    assert answer.state is resting_plainly(events, required, day, known_at)
    assert not answer.due or answer.state is State.ACTIVE
    if answer.state is State.NONE:
        return
    run = [answer.since_on or day, day, answer.until_on or day]
    while run[0] < run[2]:
        run[0] += timedelta(days=1)
        assert resting_plainly(events, required, run[0], known_at) is answer.state
