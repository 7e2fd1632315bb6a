from collections.abc import Sequence
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certification.dates import Period, first_period, renewed_period
from app.certification.lifecycle import Event, EventKind, State, StateAsOf, event_of, state_as_of
from app.certification.scope import GrantedCell, to_json
from app.content.values import Decision
from tests.unit.life_oracle import (
    DAYS,
    EVER,
    ISSUED_ON,
    LIVES,
    SPAN,
    at,
    day_of,
    event,
    granted,
    plainly,
)

TERMS = {"validity_months": 12, "grace_days": 30, "renewal_window_days": 60}
FIRST = first_period(ISSUED_ON, **TERMS, expiry_basis="previous_expiry")


def issued(*skin_types: int) -> Event:
    cells = tuple(granted(skin_type) for skin_type in skin_types)
    return event(EventKind.ISSUED, ISSUED_ON, period=FIRST, cells=cells)


def renewed(day: date, *, cells: tuple[GrantedCell, ...] | None = None) -> Event:
    period = renewed_period(day, first_issued_on=ISSUED_ON, previous=FIRST, **TERMS, expiry_basis="previous_expiry")
    return event(EventKind.RENEWED, day, period=period, cells=cells)


def state_on(events: Sequence[Event], day: date) -> State:
    return state_as_of(events, day, EVER).state


def test_without_events_nothing_is_held() -> None:
    answer = state_as_of([], ISSUED_ON, EVER)
    assert answer == StateAsOf(state=State.NONE)
    assert (answer.reason_code, answer.reason) == (None, None)


@pytest.mark.parametrize(
    ("day", "state", "due", "since_on", "until_on"),
    [
        (date(2026, 2, 28), State.NONE, False, None, None),
        (date(2026, 3, 1), State.ACTIVE, False, date(2026, 3, 1), date(2027, 2, 28)),
        (date(2026, 12, 30), State.ACTIVE, False, date(2026, 3, 1), date(2027, 2, 28)),
        (date(2026, 12, 31), State.ACTIVE, True, date(2026, 3, 1), date(2027, 2, 28)),
        (date(2027, 2, 28), State.ACTIVE, True, date(2026, 3, 1), date(2027, 2, 28)),
        (date(2027, 3, 1), State.GRACE, False, date(2027, 3, 1), date(2027, 3, 30)),
        (date(2027, 3, 30), State.GRACE, False, date(2027, 3, 1), date(2027, 3, 30)),
        (date(2027, 3, 31), State.EXPIRED, False, date(2027, 3, 31), None),
        (date(2040, 1, 1), State.EXPIRED, False, date(2027, 3, 31), None),
    ],
)
def test_dates_alone_lead_from_active_to_expired(
    day: date, state: State, due: object, since_on: date | None, until_on: date | None
) -> None:
    answer = state_as_of([issued(1)], day, EVER)
    assert (answer.state, answer.due, answer.since_on, answer.until_on) == (state, due, since_on, until_on)


def test_the_answer_names_period_issue_and_cause() -> None:
    first = issued(1, 2)
    answer = state_as_of([first], date(2026, 5, 1), EVER)
    assert answer.period == FIRST
    assert answer.first_issued_on == ISSUED_ON
    assert answer.last_valid_on == FIRST.last_on
    assert answer.cells == (granted(1), granted(2))
    assert answer.cause is first


def test_renewed_early_the_old_period_runs_on_into_the_new_one_and_is_no_longer_due() -> None:
    events = [issued(1), renewed(date(2027, 1, 10))]
    days = (date(2027, 1, 9), date(2027, 1, 10))
    before, after = (state_as_of(events, day, at(day)) for day in days)
    assert (before.due, before.until_on) == (True, date(2027, 2, 28))
    assert (after.due, after.until_on, after.period) == (False, date(2028, 2, 29), FIRST)
    assert after.latest_period == events[1].period
    assert after.last_valid_on == date(2028, 2, 29)
    begun = state_as_of(events, date(2027, 3, 1), EVER)
    assert (begun.since_on, begun.period, begun.cause) == (ISSUED_ON, events[1].period, events[1])


def test_renewed_in_grace_the_days_of_grace_stay_days_of_grace() -> None:
    events = [issued(1), renewed(date(2027, 3, 10))]
    assert state_on(events, date(2027, 3, 9)) is State.GRACE
    assert state_as_of(events, date(2027, 3, 10), EVER).since_on == date(2027, 3, 10)


def test_renewed_after_expiry_it_is_active_again() -> None:
    events = [issued(1), renewed(date(2027, 8, 1))]
    assert state_on(events, date(2027, 7, 31)) is State.EXPIRED
    answer = state_as_of(events, date(2027, 8, 1), EVER)
    assert (answer.state, answer.first_issued_on) == (State.ACTIVE, ISSUED_ON)


def test_suspended_until_reinstated_and_the_reason_is_told() -> None:
    events = [
        issued(1),
        event(EventKind.SUSPENDED, date(2026, 6, 2), reason="Test patch not recorded"),
        event(EventKind.REINSTATED, date(2026, 7, 6), reason="Observed test patch"),
    ]
    answer = state_as_of(events, date(2026, 6, 30), EVER)
    assert (answer.state, answer.reason) == (State.SUSPENDED, "Test patch not recorded")
    assert (answer.since_on, answer.until_on) == (date(2026, 6, 2), date(2026, 7, 5))
    assert answer.last_valid_on == FIRST.last_on
    assert state_as_of(events, date(2026, 7, 6), EVER).since_on == date(2026, 7, 6)


def test_a_renewal_does_not_lift_a_suspension() -> None:
    events = [issued(1), event(EventKind.SUSPENDED, date(2027, 1, 5)), renewed(date(2027, 1, 10))]
    assert state_on(events, date(2027, 5, 1)) is State.SUSPENDED


def test_a_suspension_outlasts_the_period() -> None:
    events = [issued(1), event(EventKind.SUSPENDED, date(2026, 6, 2))]
    assert state_on(events, date(2030, 1, 1)) is State.SUSPENDED


def test_suspended_and_reinstated_on_one_day_follow_as_recorded() -> None:
    day = date(2026, 6, 2)
    suspended = event(EventKind.SUSPENDED, day, recorded_at=at(day, 9))
    reinstated = event(EventKind.REINSTATED, day, recorded_at=at(day, 15))
    again = event(EventKind.SUSPENDED, day, recorded_at=at(day, 15))
    assert state_on([issued(1), reinstated, suspended], day) is State.ACTIVE
    assert state_on([again, issued(1), reinstated, suspended], day) is State.SUSPENDED


def test_a_reinstatement_does_not_lift_what_was_not_on_record() -> None:
    reinstated_on = date(2026, 6, 15)
    events = [
        issued(1),
        event(EventKind.SUSPENDED, date(2026, 6, 1)),
        event(EventKind.REINSTATED, reinstated_on),
        event(EventKind.SUSPENDED, date(2026, 6, 10), recorded_at=at(date(2026, 6, 20)), reason="Burn"),
    ]
    assert state_as_of(events, reinstated_on, at(date(2026, 6, 19))).state is State.ACTIVE
    answer = state_as_of(events, reinstated_on, at(date(2026, 6, 20)))
    assert (answer.state, answer.reason) == (State.SUSPENDED, "Burn")


@pytest.mark.parametrize("kind", [EventKind.REVOKED, EventKind.SUPERSEDED])
def test_what_is_final_never_comes_back(kind: EventKind) -> None:
    events = [
        issued(1),
        event(kind, date(2026, 9, 1), reason="Decided"),
        renewed(date(2027, 1, 10)),
        event(EventKind.REINSTATED, date(2027, 1, 11)),
    ]
    answer = state_as_of(events, date(2027, 5, 1), EVER)
    assert (answer.state, answer.since_on, answer.until_on) == (State(kind.value), date(2026, 9, 1), None)
    assert answer.reason == "Decided"
    assert state_on(events, date(2026, 8, 31)) is State.ACTIVE


def test_what_is_recorded_later_was_not_known_before() -> None:
    revoked = event(EventKind.REVOKED, date(2026, 6, 1), recorded_at=at(date(2026, 6, 8)))
    events = [issued(1), revoked]
    day = date(2026, 6, 3)
    assert state_as_of(events, day, at(date(2026, 6, 8), 11)).state is State.ACTIVE
    assert state_as_of(events, day, at(date(2026, 6, 8), 12)).state is State.REVOKED


def test_a_suspension_to_come_shows_in_how_long_the_state_lasts() -> None:
    coming = event(EventKind.SUSPENDED, date(2026, 8, 1), recorded_at=at(date(2026, 7, 1)))
    answer = state_as_of([issued(1), coming], date(2026, 7, 2), EVER)
    assert (answer.state, answer.until_on) == (State.ACTIVE, date(2026, 7, 31))


def test_scope_reduced_keeps_what_remains_and_never_eases() -> None:
    reduced = event(EventKind.SCOPE_REDUCED, date(2026, 6, 1), cells=(granted(1, Decision.WITH_SIGN_OFF), granted(6)))
    events = [issued(1, 2), reduced]
    assert state_as_of(events, date(2026, 5, 31), EVER).cells == (granted(1), granted(2))
    assert state_as_of(events, date(2026, 6, 1), EVER).cells == (granted(1, Decision.WITH_SIGN_OFF),)


def test_a_renewal_brings_its_own_scope_or_leaves_the_old_one() -> None:
    day = date(2027, 1, 10)
    assert state_as_of([issued(1, 2), renewed(day)], day, EVER).cells == (granted(1), granted(2))
    wider = renewed(day, cells=(granted(2), granted(3)))
    assert state_as_of([issued(1, 2), wider], day, EVER).cells == (granted(2), granted(3))


def test_a_reduction_recorded_after_a_renewal_holds_though_it_counts_from_before() -> None:
    renewal = renewed(date(2027, 1, 10), cells=(granted(1), granted(2)))
    known_before, known_after = (
        event(EventKind.SCOPE_REDUCED, date(2027, 1, 5), recorded_at=at(date(2027, 1, day)), cells=(granted(1),))
        for day in (5, 20)
    )
    day = date(2027, 2, 1)
    assert state_as_of([issued(1, 2), renewal, known_before], day, EVER).cells == (granted(1), granted(2))
    assert state_as_of([issued(1, 2), renewal, known_after], day, EVER).cells == (granted(1),)


def test_a_state_at_the_end_of_the_calendar() -> None:
    period = first_period(
        date(9999, 1, 1), validity_months=12, grace_days=0, renewal_window_days=9, expiry_basis="fixed"
    )
    first = event(EventKind.ISSUED, date(9999, 1, 1), recorded_at=at(ISSUED_ON), period=period)
    answer = state_as_of([first], date.max, EVER)
    assert (answer.state, answer.due, answer.until_on) == (State.ACTIVE, True, None)


@pytest.mark.parametrize(
    ("kind", "period", "cells", "words"),
    [
        (EventKind.ISSUED, None, (), "a period belongs to issued and renewed"),
        (EventKind.RENEWED, None, None, "a period belongs to issued and renewed"),
        (EventKind.SUSPENDED, FIRST, None, "a period belongs to issued and renewed"),
        (EventKind.SCOPE_REDUCED, None, None, "name the cells that remain"),
        (EventKind.SUSPENDED, None, (), "the whole certification"),
        (EventKind.REVOKED, None, (granted(1),), "the whole certification"),
    ],
)
def test_refuses_an_event_that_could_be_read_in_two_ways(
    kind: EventKind, period: Period | None, cells: tuple[GrantedCell, ...] | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        event(kind, ISSUED_ON, period=period, cells=cells)


def make_row(meant: Event) -> SimpleNamespace:
    days = ("first_on", "last_on", "grace_last_on", "due_from_on")
    return SimpleNamespace(
        id=meant.seq,
        kind=meant.kind.value,
        effective_on=meant.effective_on,
        recorded_at=meant.recorded_at,
        reason_code=meant.reason_code,
        reason=meant.reason,
        lifts_id=meant.lifts,
        cells=None if meant.cells is None else to_json(meant.cells),
        **{day: getattr(meant.period, day, None) for day in days},
    )


@pytest.mark.parametrize(
    "meant",
    [
        issued(1, 2),
        renewed(date(2027, 1, 10)),
        event(EventKind.SUSPENDED, ISSUED_ON, reason="Burn"),
        event(EventKind.SCOPE_REDUCED, ISSUED_ON, cells=()),
        event(EventKind.REINSTATED, ISSUED_ON, cells=(granted(1),), lifts=7),
    ],
    ids=lambda meant: meant.kind.value,
)
def test_reads_a_stored_event(meant: Event) -> None:
    assert event_of(make_row(meant)) == meant


@given(LIVES, DAYS, DAYS)
def test_the_fold_agrees_with_the_plain_words(events: list[Event], day: date, known_on: date) -> None:
    answer = state_as_of(events, day, at(known_on))
    assert answer.state is plainly(events, day, at(known_on))
    assert not answer.due or answer.state is State.ACTIVE


@given(LIVES, DAYS, DAYS)
def test_since_and_until_are_the_ends_of_the_run_of_days(events: list[Event], day: date, known_on: date) -> None:
    answer = state_as_of(events, day, at(known_on))
    if answer.state is State.NONE:
        return
    first = last = day
    while plainly(events, first - timedelta(days=1), at(known_on)) is answer.state:
        first -= timedelta(days=1)
    while last < day_of(3 * SPAN) and plainly(events, last + timedelta(days=1), at(known_on)) is answer.state:
        last += timedelta(days=1)
    assert answer.since_on == first
    assert answer.until_on == (None if last == day_of(3 * SPAN) else last)


@given(LIVES, LIVES, DAYS, DAYS)
def test_what_was_answered_once_is_answered_for_ever(
    events: list[Event], later: list[Event], day: date, known_on: date
) -> None:
    """Neither the order of the rows nor what is recorded afterwards changes an answer."""
    recorded_later = [one for one in later if one.recorded_at > at(known_on)]
    answer = state_as_of(events, day, at(known_on))
    assert state_as_of([*recorded_later, *reversed(events)], day, at(known_on)) == answer


@given(LIVES, LIVES, DAYS, st.integers(0, SPAN))
def test_a_revoked_certification_never_comes_back(
    events: list[Event], more: list[Event], day: date, days_later: int
) -> None:
    if state_on(events, day) is State.REVOKED:
        assert state_on([*events, *more], day + timedelta(days=days_later)) is State.REVOKED


@given(LIVES, DAYS)
def test_a_reduction_never_widens_a_scope(events: list[Event], day: date) -> None:
    reduced = event(EventKind.SCOPE_REDUCED, day, recorded_at=EVER, cells=(granted(1), granted(2)))
    before = state_as_of(events, day, EVER).cells
    after = state_as_of([*events, reduced], day, EVER).cells
    assert set(after) == set(before) & {granted(1), granted(2)}


@given(LIVES, DAYS, DAYS)
def test_the_period_of_an_active_certification_covers_the_day(events: list[Event], day: date, known_on: date) -> None:
    answer = state_as_of(events, day, at(known_on))
    if answer.state is State.ACTIVE:
        assert answer.period is not None
        assert answer.cause is not None
        assert answer.cause.period == answer.period
        assert answer.period.first_on <= day <= answer.period.last_on
