from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exams.timing import (
    Allowed,
    ClosedAttempt,
    RefusalKind,
    Refused,
    Rules,
    closed_at_of,
    deadline_at,
    may_start,
    seconds_left,
)

RULES = Rules(time_limit_minutes=30, attempts=2, retake_wait_hours=24)
ASSIGNED_AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def closed(hours: float, *, passed: bool = False) -> ClosedAttempt:
    return ClosedAttempt(closed_at=ASSIGNED_AT + hours * HOUR, passed=passed)


def asked(*history: ClosedAttempt, hours: float, extra_attempts: int = 0, opened: float = 0) -> Allowed | Refused:
    return may_start(
        RULES,
        history,
        now=ASSIGNED_AT + hours * HOUR,
        extra_attempts=extra_attempts,
        period_start_at=ASSIGNED_AT + opened * HOUR,
    )


def test_the_first_attempt_may_start_with_the_assignment() -> None:
    assert asked(hours=0) == Allowed(number=1, of=2)


def test_the_second_waits_from_the_closing_of_the_first() -> None:
    wait = Refused(kind=RefusalKind.WAIT, when=ASSIGNED_AT + 26 * HOUR)
    assert asked(closed(2), hours=2) == wait
    assert asked(closed(2), hours=25.999) == wait
    assert asked(closed(2), hours=26) == Allowed(number=2, of=2)


def test_used_up_is_used_up_however_long_ago() -> None:
    assert asked(closed(2), closed(40), hours=9999) == Refused(kind=RefusalKind.USED_UP)


def test_a_granted_attempt_still_waits() -> None:
    history = (closed(40), closed(2))
    wait = Refused(kind=RefusalKind.WAIT, when=ASSIGNED_AT + 64 * HOUR)
    assert asked(*history, hours=41, extra_attempts=1) == wait
    assert asked(*history, hours=64, extra_attempts=1) == Allowed(number=3, of=3)


def test_passed_in_this_period_nothing_more_is_to_be_sat() -> None:
    assert asked(closed(2), closed(40, passed=True), hours=99, extra_attempts=3) == Refused(kind=RefusalKind.PASSED)


def test_before_the_renewal_window_nothing_may_start() -> None:
    refused = asked(closed(2, passed=True), hours=900, opened=1000)
    assert refused == Refused(kind=RefusalKind.NOT_OPEN, when=ASSIGNED_AT + 1000 * HOUR)


def test_a_new_period_has_its_attempts_anew() -> None:
    history = (closed(2), closed(40, passed=True))
    assert asked(*history, hours=1000, opened=1000) == Allowed(number=1, of=2)
    assert asked(*history, closed(1001), hours=1100, opened=1000) == Allowed(number=2, of=2)


def test_a_new_assignment_does_not_shorten_the_wait_after_a_failed_attempt() -> None:
    refused = asked(closed(2), closed(40), hours=42, opened=41)
    assert refused == Refused(kind=RefusalKind.WAIT, when=ASSIGNED_AT + 64 * HOUR)


def test_after_a_pass_a_new_period_does_not_wait() -> None:
    assert asked(closed(40, passed=True), hours=42, opened=41) == Allowed(number=1, of=2)


def test_the_deadline_is_the_limit_after_the_start() -> None:
    assert deadline_at(ASSIGNED_AT, 30) == ASSIGNED_AT + timedelta(minutes=30)
    assert deadline_at(ASSIGNED_AT, 30, Fraction(5, 4)) == ASSIGNED_AT + timedelta(minutes=37, seconds=30)
    assert deadline_at(ASSIGNED_AT, 1, Fraction(4, 3)) == ASSIGNED_AT + timedelta(seconds=80)
    assert deadline_at(ASSIGNED_AT, 1, Fraction(8, 7)) == ASSIGNED_AT + timedelta(seconds=69)


@pytest.mark.parametrize(("minutes", "factor"), [(0, Fraction(1)), (30, Fraction(9, 10))])
def test_refuses_a_time_limit_that_is_none(minutes: int, factor: Fraction) -> None:
    with pytest.raises(ValueError, match="at least a minute"):
        deadline_at(ASSIGNED_AT, minutes, factor)


def test_an_attempt_is_open_until_its_deadline() -> None:
    deadline = deadline_at(ASSIGNED_AT, 30)
    assert closed_at_of(None, deadline, deadline - SECOND) is None
    assert closed_at_of(None, deadline, deadline) == deadline
    assert closed_at_of(None, deadline, deadline + 99 * HOUR) == deadline


def test_a_submitted_attempt_closed_when_it_was_submitted() -> None:
    deadline = deadline_at(ASSIGNED_AT, 30)
    assert closed_at_of(ASSIGNED_AT + SECOND, deadline, deadline + HOUR) == ASSIGNED_AT + SECOND


def test_recorded_late_an_attempt_still_closed_at_its_deadline() -> None:
    deadline = deadline_at(ASSIGNED_AT, 30)
    assert closed_at_of(deadline + HOUR, deadline, deadline + 2 * HOUR) == deadline


HOURS = st.integers(0, 200)
HISTORIES = st.lists(st.builds(lambda hours, passed: closed(hours, passed=passed), HOURS, st.booleans()), max_size=5)


@given(HISTORIES, HOURS, HOURS, st.integers(0, 3))
def test_at_the_instant_that_a_refusal_names_an_attempt_may_start_and_not_before(
    history: list[ClosedAttempt], hours: int, opened: int, extra: int
) -> None:
    past = [attempt for attempt in history if attempt.closed_at <= ASSIGNED_AT + hours * HOUR]
    answer = asked(*past, hours=hours, opened=opened, extra_attempts=extra)
    if isinstance(answer, Refused) and answer.when is not None:
        named = (answer.when - ASSIGNED_AT) / HOUR
        assert named > hours
        assert isinstance(asked(*past, hours=named - 0.001, opened=opened, extra_attempts=extra), Refused)
        later = asked(*past, hours=named, opened=opened, extra_attempts=extra)
        # The window may open while the waiting time of an old attempt still runs; then that is named next.
        assert isinstance(later, Allowed) or (answer.kind, later.kind) == (
            RefusalKind.NOT_OPEN,
            RefusalKind.WAIT,
        )


@given(HISTORIES, HOURS, st.integers(0, 3))
def test_never_more_attempts_than_allowed(history: list[ClosedAttempt], opened: int, extra: int) -> None:
    answer = asked(*history, hours=999, opened=opened, extra_attempts=extra)
    used = [attempt for attempt in history if attempt.closed_at >= ASSIGNED_AT + opened * HOUR]
    if isinstance(answer, Allowed):
        assert answer == Allowed(number=len(used) + 1, of=2 + extra)
        assert answer.number <= answer.of
    else:
        assert any(attempt.passed for attempt in used) or len(used) >= 2 + extra


@given(st.timedeltas(min_value=timedelta(hours=-1), max_value=timedelta(hours=1)))
def test_a_clock_on_a_page_is_never_ahead_of_the_deadline(left: timedelta) -> None:
    shown = timedelta(seconds=seconds_left(ASSIGNED_AT + left, ASSIGNED_AT))
    assert max(left, timedelta(0)) <= shown < max(left, timedelta(0)) + timedelta(seconds=1)
