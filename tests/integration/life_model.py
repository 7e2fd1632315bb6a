"""What must be true of a person's attempts, by the rules of the exam alone: no code of the services is in it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from tests.integration.life_course import ALLOWED, ASKED, CUT, MINUTES, WAIT

BEGAN = datetime(2027, 2, 20, 9, tzinfo=UTC)  # a leap day lies a year ahead
WINDOW = timedelta(days=30)
INSTANT = timedelta(microseconds=1)


@dataclass
class Sat:
    """One attempt as the model has it; `answers` holds by place whether each revision was right."""

    id: int
    edition: int
    started_at: datetime
    asks_row: bool
    critical: frozenset[int]
    answers: dict[int, list[bool]] = field(default_factory=dict)
    closed_at: datetime | None = None
    closed_by: str | None = None

    @property
    def deadline(self) -> datetime:
        return self.started_at + timedelta(minutes=MINUTES)

    def over(self, now: datetime) -> datetime | None:
        return self.closed_at or (self.deadline if now >= self.deadline else None)

    @property
    def score(self) -> Fraction:
        return Fraction(sum(given[-1] for given in self.answers.values()), ASKED)

    @property
    def passes(self) -> bool:
        safe = all(self.answers.get(position, [False])[-1] for position in self.critical)
        return self.closed_by in {"submitted", "ran_out"} and safe and self.score >= CUT


@dataclass
class Model:
    """What must be true of the person, by the rules of the exam."""

    now: datetime = BEGAN
    attempts: list[Sat] = field(default_factory=list)
    granted_at: list[datetime] = field(default_factory=list)
    certified_on: list[date] = field(default_factory=list)
    edition: int = 1
    stopped: set[int] = field(default_factory=set)
    row_stopped: bool = False
    disabled: bool = False

    def opens_at(self) -> datetime:
        """Return when the period began in which attempts count: the assignment, or the renewal window's opening."""
        if not self.certified_on:
            return BEGAN
        last = self.certified_on[-1]
        try:
            ends = last.replace(year=last.year + 1) - timedelta(days=1)
        except ValueError:  # from a leap day to a year without one
            ends = date(last.year + 1, 2, 28)
        return datetime(ends.year, ends.month, ends.day, tzinfo=UTC) - WINDOW + timedelta(days=1)

    def open_attempt(self) -> Sat | None:
        """Return what can be gone on with."""
        return next((one for one in self.attempts if one.over(self.now) is None), None)

    def refusal(self) -> str | None:
        """Return a word of the reason why no next attempt may start, or None; nothing is open."""
        counting = [one for one in self.attempts if one.closed_by != "withdrawn" and one.edition not in self.stopped]
        if self.edition in self.stopped:
            return "withdrawn"
        since = self.opens_at()
        if self.now < since:
            return "is current"
        inside = [one for one in counting if one.closed_at and one.closed_at >= since]
        if any(one.passes for one in inside):
            return "have passed"
        if len(inside) >= ALLOWED + sum(at >= since for at in self.granted_at):
            return "used up"
        last = counting[-1] if counting else None
        if last and last.closed_at and not last.passes and self.now < last.closed_at + WAIT:
            return "again from"
        return None

    def settle(self, one: Sat) -> None:
        """Record a result; a pass certifies, unless its edition, or the one in force, was stopped."""
        if one.closed_at is not None:
            return
        ran_out = self.now >= one.deadline
        one.closed_at, one.closed_by = (one.deadline, "ran_out") if ran_out else (self.now, "submitted")
        earned = one.passes and one.edition not in self.stopped and self.edition not in self.stopped
        if earned and self.now >= self.opens_at() and one.closed_at >= self.opens_at():
            self.certified_on.append(one.closed_at.date())

    def settle_due(self) -> int:
        """Record all that ran out; return how many there were."""
        due = [one for one in self.attempts if one.closed_at is None and self.now >= one.deadline]
        for one in due:
            self.settle(one)
        return len(due)

    def stop(self, *, whole: bool) -> int:
        """Stop the edition in force, or its row; return how many open attempts that ends."""
        if whole:
            self.stopped.add(self.edition)
        else:
            self.row_stopped = True
        self.settle_due()
        ended = [one for one in self.attempts if one.closed_at is None]
        ended = [one for one in ended if (one.edition == self.edition if whole else one.asks_row)]
        for one in ended:
            one.closed_at, one.closed_by = self.now, "withdrawn"
        return len(ended)
