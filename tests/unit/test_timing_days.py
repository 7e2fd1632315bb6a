"""Timing where the calendar is odd: clocks that go forward and back, leap days, breaks, accommodations by day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.clock import day_in, start_of
from app.exams.timing import (
    STANDARD,
    Allowed,
    ClosedAttempt,
    Granted,
    RefusalKind,
    Refused,
    Rules,
    Terms,
    begin_break,
    closed_at_of,
    deadline_after,
    deadline_at,
    may_start,
    most_of,
    on_break,
    seconds_left,
    terms_json,
    terms_of,
)

SECOND, MINUTE, HOUR, DAY = (timedelta(**{one: 1}) for one in ("seconds", "minutes", "hours", "days"))
# Half hours, midnights that do not exist (São Paulo until 2018, Beirut, Cairo), midnights that come twice (Havana).
ZONES = (
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Chatham",
)
zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(2016, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2016, 1, 1), date(2036, 12, 31))
factors = st.fractions(1, 3, max_denominator=20)
FORWARD = datetime(2027, 3, 28, 0, 45, tzinfo=UTC)  # in Zurich 01:45, a quarter of an hour before 03:00
BACK = datetime(2027, 10, 31, 0, 45, tzinfo=UTC)  # in Zurich 02:45, which comes again an hour later
LEAP = datetime(2028, 2, 28, 23, 50, tzinfo=UTC)


@given(started_at=instants, minutes=st.integers(1, 600), factor=factors, zone=zones)
@example(started_at=FORWARD, minutes=30, factor=Fraction(1), zone="Europe/Zurich")
@example(started_at=BACK, minutes=90, factor=Fraction(5, 4), zone="Europe/Zurich")
@example(started_at=LEAP, minutes=30, factor=Fraction(1), zone="UTC")
def test_the_time_limit_is_time_that_passes_whatever_clocks_say(
    started_at: datetime, minutes: int, factor: Fraction, zone: str
) -> None:
    ends_at = deadline_at(started_at, minutes, factor)
    passed = ends_at - started_at
    assert timedelta(0) <= passed - minutes * MINUTE * (factor.numerator / factor.denominator) < 2 * SECOND
    assert passed >= timedelta(seconds=minutes * 60)
    # The same instant told where the clinic is, there and back: neither a second more nor less.
    local = ends_at.astimezone(ZoneInfo(zone))
    assert local.astimezone(UTC) - started_at.astimezone(ZoneInfo(zone)).astimezone(UTC) == passed
    assert seconds_left(local, started_at.astimezone(ZoneInfo(zone))) == passed.total_seconds()
    assert closed_at_of(None, local, ends_at - SECOND) is None
    assert closed_at_of(None, local, ends_at) == ends_at


@given(started_at=instants, minutes=st.integers(1, 600), smaller=factors, larger=factors)
def test_more_time_never_ends_earlier(started_at: datetime, minutes: int, smaller: Fraction, larger: Fraction) -> None:
    assume(smaller <= larger)
    assert deadline_at(started_at, minutes, smaller) <= deadline_at(started_at, minutes, larger)
    assert deadline_at(started_at, minutes, larger) <= started_at + 3 * minutes * MINUTE


@given(closed_at=instants, wait=st.integers(0, 2000), zone=zones)
@example(closed_at=FORWARD - 12 * HOUR, wait=24, zone="Europe/Zurich")
@example(closed_at=BACK - 12 * HOUR, wait=24, zone="Europe/Zurich")
@example(closed_at=LEAP, wait=24, zone="UTC")
def test_the_waiting_time_is_hours_that_pass(closed_at: datetime, wait: int, zone: str) -> None:
    rules = Rules(time_limit_minutes=30, attempts=3, retake_wait_hours=wait)
    local = closed_at.astimezone(ZoneInfo(zone))
    opens_at = closed_at + wait * HOUR

    def seat(now: datetime) -> Allowed | Refused:
        history = [ClosedAttempt(closed_at=local, passed=False)]
        return may_start(rules, history, now=now, extra_attempts=0, period_start_at=closed_at - HOUR)

    assert seat(opens_at.astimezone(ZoneInfo(zone))) == Allowed(number=2, of=3)
    if wait:
        refused = seat(opens_at - SECOND)
        assert isinstance(refused, Refused)
        assert (refused.kind, refused.when) == (RefusalKind.WAIT, opens_at)


@given(day=days, zone=zones)
@example(day=date(2018, 11, 4), zone="America/Sao_Paulo")  # begins at 01:00
@example(day=date(2027, 11, 7), zone="America/Havana")  # begins, and an hour later once more
@example(day=date(2028, 2, 29), zone="Europe/Zurich")
@example(day=date(2027, 3, 28), zone="Asia/Beirut")
def test_a_renewal_window_opens_with_the_first_instant_of_its_day(day: date, zone: str) -> None:
    opens_at = start_of(zone, day)
    assert day_in(zone, opens_at) == day
    assert day_in(zone, opens_at - SECOND) == day - DAY
    rules = Rules(time_limit_minutes=30, attempts=1, retake_wait_hours=0)
    seats = [
        may_start(rules, (), now=now, extra_attempts=0, period_start_at=opens_at)
        for now in (opens_at - SECOND, opens_at)
    ]
    assert seats == [Refused(kind=RefusalKind.NOT_OPEN, when=opens_at), Allowed(number=1, of=1)]


@given(first=days, length=st.none() | st.integers(0, 800), day=days, zone=zones)
@example(first=date(2028, 2, 29), length=0, day=date(2028, 2, 29), zone="Europe/Zurich")
def test_an_accommodation_holds_from_its_first_day_through_its_last(
    first: date, length: int | None, day: date, zone: str
) -> None:
    last = None if length is None else first + length * DAY
    held = granted(Terms(extra_attempts=1), first_on=first, last_on=last)
    expected = first <= day and (last is None or day <= last)
    # At the first and the last second of the day where the clinic is.
    for instant in (start_of(zone, day), start_of(zone, day + DAY) - SECOND):
        assert held.holds("a", day_in(zone, instant)) is expected
    assert not granted(Terms(extra_attempts=1), first_on=first, ended=True).holds("a", first)


terms = st.builds(
    Terms,
    time_factor=factors,
    extra_attempts=st.integers(0, 5),
    breaks=st.integers(0, 6),
    break_minutes=st.integers(1, 60),
)


@given(st.lists(terms, max_size=4))
def test_several_accommodations_give_the_most_of_each_and_no_more(given_terms: list[Terms]) -> None:
    most = most_of([granted(one) for one in given_terms])
    for name in ("time_factor", "extra_attempts"):
        assert getattr(most, name) == max((getattr(one, name) for one in given_terms), default=getattr(STANDARD, name))
    rests = [one.breaks * one.break_minutes for one in given_terms]
    assert most.breaks * most.break_minutes == max(rests, default=0)
    assert not given_terms or (most.breaks, most.break_minutes) in [
        (one.breaks, one.break_minutes) for one in given_terms
    ]
    assert terms_of(terms_json([granted(one) for one in given_terms])) == most
    assert terms_of(None) == STANDARD


acts = st.lists(st.tuples(st.sampled_from(("take", "come back")), st.integers(0, 3000)), max_size=12)


@given(started_at=instants, allowed=st.integers(0, 4), minutes=st.integers(1, 30), acts=acts)
@example(started_at=FORWARD, allowed=2, minutes=30, acts=[("take", 60), ("come back", 600), ("take", 60)])
def test_breaks_move_the_deadline_by_what_was_taken_and_never_by_more_than_was_granted(
    started_at: datetime, allowed: int, minutes: int, acts: Sequence[tuple[str, int]]
) -> None:
    limit = Terms(breaks=allowed, break_minutes=minutes)
    first_deadline = deadline = deadline_at(started_at, 60)
    taken, ends_at, now, rested = 0, None, started_at, timedelta(0)
    for act, seconds in acts:
        later = now + seconds * SECOND
        if ends_at is not None and now < ends_at:
            rested += min(later, ends_at) - now
        now = later
        if act == "take":
            pause = begin_break(limit, taken=taken, break_ends_at=ends_at, deadline_at=deadline, now=now)
            may = taken < allowed and now < deadline and not on_break(ends_at, now)
            assert (pause is not None) is may
            if pause is not None:
                taken, ends_at, deadline = taken + 1, pause.ends_at, pause.deadline_at
                assert ends_at - now == minutes * MINUTE
        elif closed_at_of(None, deadline, now) is None:
            deadline = deadline_after(deadline, ends_at, now)
            ends_at = min(ends_at, now) if ends_at else None
        # While a break runs the attempt is open, and the rest of the break stands in the deadline already.
        ahead = max(ends_at - now, timedelta(0)) if ends_at else timedelta(0)
        assert deadline - first_deadline == rested + ahead
        assert deadline - first_deadline <= allowed * minutes * MINUTE
        assert not on_break(ends_at, now) or closed_at_of(None, deadline, now) is None


def granted(
    what: Terms, *, first_on: date = date(2026, 1, 1), last_on: date | None = None, ended: bool = False
) -> Granted:
    """Return an accommodation in every exam."""
    return Granted(id=1, course_id=None, first_on=first_on, last_on=last_on, ended=ended, terms=what)
