"""When an attempt may start, until when it runs, and when it closed; pure, in UTC instants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The blueprint's rules of sitting: minutes, attempts per certification period, hours between two."""

    time_limit_minutes: int
    attempts: int
    retake_wait_hours: int


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


def deadline_at(started_at: datetime, minutes: int, extra_factor: Fraction | int = 1) -> datetime:
    """Return the instant at which an attempt runs out, rounded up to a whole second.

    `extra_factor` multiplies the time for a person who needs more of it, such as 5/4; never below 1.
    """
    if minutes < 1 or extra_factor < 1:
        raise ValueError("an attempt lasts at least a minute, and extra time never shortens it")
    return started_at + timedelta(seconds=ceil(minutes * 60 * extra_factor))


def seconds_left(deadline_at: datetime, now: datetime) -> int:
    """Return the whole seconds until a deadline, 0 when it has passed.

    Rounded up: a clock on a page that shows 0 must not be ahead of the deadline.
    """
    return max(0, ceil((deadline_at - now).total_seconds()))


def closed_at_of(closed_at: datetime | None, deadline_at: datetime, now: datetime) -> datetime | None:
    """Return when an attempt closed, or None while it is open.

    One that ran out closed at its deadline, whether or not anybody recorded it, then or since; at the very
    instant of the deadline it is closed.
    """
    if closed_at is not None:
        return min(closed_at, deadline_at)
    return deadline_at if now >= deadline_at else None


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
    attempts = sorted(history, key=lambda attempt: attempt.closed_at)
    in_period = [attempt for attempt in attempts if attempt.closed_at >= period_start_at]
    allowed = rules.attempts + extra_attempts
    if now < period_start_at:
        return Refused(kind=RefusalKind.NOT_OPEN, when=period_start_at)
    if any(attempt.passed for attempt in in_period):
        return Refused(kind=RefusalKind.PASSED)
    if len(in_period) >= allowed:
        return Refused(kind=RefusalKind.USED_UP)
    if attempts and not attempts[-1].passed:
        opens_at = attempts[-1].closed_at + timedelta(hours=rules.retake_wait_hours)
        if now < opens_at:
            return Refused(kind=RefusalKind.WAIT, when=opens_at)
    return Allowed(number=len(in_period) + 1, of=allowed)
