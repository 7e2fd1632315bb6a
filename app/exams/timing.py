"""When an attempt may start, until when it runs, when it pauses and when it closed; pure, on instants.

Two instants of one zone are compared by its clocks, which skip an hour in spring and repeat one in autumn: whatever
zone an instant comes in, it is reckoned with in UTC.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The blueprint's rules of sitting: minutes, attempts per certification period, hours between two."""

    time_limit_minutes: int
    attempts: int
    retake_wait_hours: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a person is given beyond the blueprint: the time times a factor (1 or more), attempts, breaks of minutes."""

    time_factor: Fraction = Fraction(1)
    extra_attempts: int = 0
    breaks: int = 0
    break_minutes: int = 0


STANDARD = Terms()


@dataclass(frozen=True, kw_only=True, slots=True)
class Granted:
    """An accommodation as it stands on record; `course_id` none is every course, `last_on` is inclusive."""

    id: int
    course_id: str | None
    first_on: date
    last_on: date | None
    ended: bool
    terms: Terms

    def holds(self, course_id: str, day: date) -> bool:
        """Tell whether it holds for a course on a calendar day of the organisation."""
        return (
            not self.ended
            and self.course_id in (None, course_id)
            and self.first_on <= day
            and (self.last_on is None or day <= self.last_on)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedAttempt:
    """An attempt that is over, as `closed_at_of` reads it."""

    closed_at: datetime
    passed: bool


class RefusalKind(StrEnum):
    """Why no attempt may start."""

    NOT_OPEN = "not_open"  # `when`: the renewal window opens
    PASSED = "passed"  # nothing more to sit in this period
    USED_UP = "used_up"  # the manager may grant one more
    WAIT = "wait"  # `when`: the waiting time is over
    WITHDRAWN = "withdrawn"  # nobody sits on this release any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """The next attempt may start: it is `number` of `of` in this period, granted ones included."""

    number: int
    of: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """No attempt may start; `when` is the first instant at which one may, None where no date brings it."""

    kind: RefusalKind
    when: datetime | None = None


def most_of(granted: Iterable[Granted]) -> Terms:
    """Return the terms of accommodations that hold together: the most of each, never a sum."""
    held = [one.terms for one in granted]
    breaks, minutes = max(((one.breaks, one.break_minutes) for one in held), key=_rest, default=(0, 0))
    return Terms(
        time_factor=max((one.time_factor for one in held), default=STANDARD.time_factor),
        extra_attempts=max((one.extra_attempts for one in held), default=0),
        breaks=breaks,
        break_minutes=minutes,
    )


def terms_json(granted: Collection[Granted]) -> dict[str, Any]:
    """Return what an attempt keeps of accommodations: their ids and terms, the factor as "numerator/denominator"."""
    terms = most_of(granted)
    factor = f"{terms.time_factor.numerator}/{terms.time_factor.denominator}"
    return {**asdict(terms), "time_factor": factor, "accommodations": [one.id for one in granted]}


def terms_of(values: Mapping[str, Any] | None) -> Terms:
    """Return the terms that an attempt keeps; none are the blueprint's."""
    if values is None:
        return STANDARD
    known = {name: values[name] for name in ("extra_attempts", "breaks", "break_minutes")}
    return Terms(time_factor=Fraction(values["time_factor"]), **known)


def _rest(breaks: tuple[int, int]) -> tuple[int, int]:
    return breaks[0] * breaks[1], breaks[0]


def deadline_at(started_at: datetime, minutes: int, extra_factor: Fraction | int = 1) -> datetime:
    """Return the instant at which an attempt runs out, rounded up to a whole second.

    `extra_factor` multiplies the time for a person who needs more of it, such as 5/4; never below 1.
    """
    if minutes < 1 or extra_factor < 1:
        raise ValueError("an attempt lasts at least a minute, and extra time never shortens it")
    return _utc(started_at) + timedelta(seconds=ceil(minutes * 60 * extra_factor))


def seconds_left(deadline_at: datetime, now: datetime) -> int:
    """Return the whole seconds until a deadline, 0 when it has passed.

    Rounded up: a clock on a page that shows 0 must not be ahead of the deadline.
    """
    return max(0, ceil((_utc(deadline_at) - _utc(now)).total_seconds()))


def closed_at_of(closed_at: datetime | None, deadline_at: datetime, now: datetime) -> datetime | None:
    """Return when an attempt closed, or None while it is open.

    One that ran out closed at its deadline, whether or not anybody recorded it, then or since; at the very
    instant of the deadline it is closed.
    """
    deadline_at = _utc(deadline_at)
    if closed_at is not None:
        return min(_utc(closed_at), deadline_at)
    return deadline_at if _utc(now) >= deadline_at else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """A break that begins: it ends at `ends_at` by itself, and the attempt then runs until `deadline_at`."""

    ends_at: datetime
    deadline_at: datetime


def on_break(break_ends_at: datetime | None, now: datetime) -> bool:
    """Tell whether the clock of an attempt stands still; at the very instant of its end a break is over."""
    return break_ends_at is not None and _utc(now) < _utc(break_ends_at)


def begin_break(
    terms: Terms, *, taken: int, break_ends_at: datetime | None, deadline_at: datetime, now: datetime
) -> Break | None:
    """Return the next break of an attempt, or None where none is left, one runs already, or the time is up.

    The deadline moves by the whole break at once: who never comes back has lost nothing of the time but what was left.
    """
    now, deadline_at = _utc(now), _utc(deadline_at)
    if taken >= terms.breaks or on_break(break_ends_at, now) or now >= deadline_at:
        return None
    minutes = timedelta(minutes=terms.break_minutes)
    return Break(ends_at=now + minutes, deadline_at=deadline_at + minutes)


def deadline_after(deadline_at: datetime, break_ends_at: datetime | None, now: datetime) -> datetime:
    """Return the deadline of who comes back from a break: the rest of the break is given back."""
    if break_ends_at is None or not on_break(break_ends_at, now):
        return _utc(deadline_at)
    return _utc(deadline_at) - (_utc(break_ends_at) - _utc(now))


def may_start(
    rules: Rules,
    history: Iterable[ClosedAttempt],
    *,
    now: datetime,
    extra_attempts: int,
    period_start_at: datetime,
) -> Allowed | Refused:
    """Decide whether the next attempt may start; an open one is not in `history` and is continued instead.

    Attempts and passes count from `period_start_at`: the assignment at first, later the opening of the
    renewal window. `extra_attempts` were granted in this period. The waiting time runs from the closing of
    the last attempt, also of a failed one before the period: a new assignment does not shorten it.
    """
    now, period_start_at = _utc(now), _utc(period_start_at)
    attempts = sorted(history, key=lambda attempt: _utc(attempt.closed_at))
    in_period = [attempt for attempt in attempts if _utc(attempt.closed_at) >= period_start_at]
    allowed = rules.attempts + extra_attempts
    if now < period_start_at:
        return Refused(kind=RefusalKind.NOT_OPEN, when=period_start_at)
    if any(attempt.passed for attempt in in_period):
        return Refused(kind=RefusalKind.PASSED)
    if len(in_period) >= allowed:
        return Refused(kind=RefusalKind.USED_UP)
    if attempts and not attempts[-1].passed:
        opens_at = _utc(attempts[-1].closed_at) + timedelta(hours=rules.retake_wait_hours)
        if now < opens_at:
            return Refused(kind=RefusalKind.WAIT, when=opens_at)
    return Allowed(number=len(in_period) + 1, of=allowed)


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
