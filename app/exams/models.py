"""Tables of attempts: paper as drawn, append-only responses, breaks, what was granted, what was seen of a sitting."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.db import Base, BigId
from app.exams.case_models import FALLS, Regrade, RegradeReview

# Of `Attempt.closed_by`: its account was disabled while it ran, and it is scored but never passes.
ENDED = "ended"
# The same where a withdrawn release or row ended it: it does not count.
CLOSED_BY_WITHDRAWAL = "withdrawn"


def counting(attempt: tuple[Any, Any], regraded: Any, known_at: datetime | None = None) -> Any:
    """Return a value of an attempt's latest regrade that counts (as known at an instant); none where there is none.

    A recount that would take a pass away counts only once a medical director's review says that the pass falls.
    """
    falls = [
        RegradeReview.organisation_id == Regrade.organisation_id,
        RegradeReview.regrade_id == Regrade.id,
        RegradeReview.outcome == FALLS,
    ]
    known = [] if known_at is None else [Regrade.recorded_at <= known_at]
    if known_at is not None:
        falls.append(RegradeReview.decided_at <= known_at)
    return (
        sa.select(regraded)
        .where(
            Regrade.attempt_id == attempt[0],
            Regrade.organisation_id == attempt[1],
            Regrade.passed | ~Regrade.was_passed | sa.exists().where(*falls),
            *known,
        )
        .order_by(Regrade.id.desc())
        .limit(1)
        .correlate_except(Regrade)
        .scalar_subquery()
    )


def _counted(attempt: tuple[Any, Any], original: Any, regraded: Any) -> Any:
    """Return what counts of an attempt: its latest regrade that counts, or else what it closed with."""
    return column_property(sa.func.coalesce(counting(attempt, regraded), original))


class Attempt(Base):
    """One sitting, pinned to a release; scores are exact fractions, written once when it closes.

    `passed`, `score_…` and `result` are what counts now; what the attempt closed with stands beside it, `original_…`.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "account_id", "course_id", "number"),
        sa.Index(
            "uq_attempt_open",
            "account_id",
            "course_id",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index("ix_attempt_organisation_id_release_id", "organisation_id", "release_id", "id"),
        sa.Index(
            "ix_attempt_deadline_open",
            "deadline_at",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    number: Mapped[int]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    proof: Mapped[dict[str, Any]]
    items: Mapped[int]
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(sa.String(16))
    original_passed: Mapped[bool | None] = mapped_column("passed")
    original_numerator: Mapped[int | None] = mapped_column("score_numerator", sa.BigInteger)
    original_denominator: Mapped[int | None] = mapped_column("score_denominator", sa.BigInteger)
    original_result: Mapped[dict[str, Any] | None] = mapped_column("result")
    responses_hash: Mapped[str | None] = mapped_column(sa.String(64))
    # What the paper was drawn from, beside the seed; read only to draw it again.
    draw_inputs: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON, deferred=True)
    # More than the blueprint gives, as it was granted when the attempt started; none for most.
    terms: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    breaks_taken: Mapped[int] = mapped_column(default=0, server_default="0")
    # A break ends at this instant if nobody comes back before; what the clock gains by it stands in the deadline.
    break_ends_at: Mapped[datetime | None]
    asks_certainty: Mapped[bool] = mapped_column(server_default="0")
    # The networks (CIDR) that it is sat in, as they were at its start; none of them: anywhere.
    networks: Mapped[list[Any]] = mapped_column(server_default="[]")

    _of = (id, organisation_id)  # noqa: A003  the column above
    passed: Mapped[bool | None] = _counted(_of, original_passed, Regrade.passed)
    score_numerator: Mapped[int | None] = _counted(_of, original_numerator, Regrade.score_numerator)
    score_denominator: Mapped[int | None] = _counted(_of, original_denominator, Regrade.score_denominator)
    result: Mapped[dict[str, Any] | None] = _counted(_of, original_result, Regrade.result)


# What counts of an attempt, by what it closed with: the same until a regrade says otherwise.
COUNTED = {
    "original_passed": "passed",
    "original_numerator": "score_numerator",
    "original_denominator": "score_denominator",
    "original_result": "result",
}


class AttemptBreak(Base):
    """A break in an attempt, numbered from 1; it ended by coming back, or by itself at `latest_at`."""

    __tablename__ = "attempt_break"

    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime]
    latest_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PaperItem(Base):
    """An item's place in the paper of an attempt; positions count from 1."""

    __tablename__ = "paper_item"

    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    section: Mapped[int]
    item_id: Mapped[str] = mapped_column(sa.String(200))
    variant: Mapped[int]
    item_hash: Mapped[str] = mapped_column(sa.ForeignKey("item_content.hash"))
    critical: Mapped[bool]


class Response(Base):
    """One revision of what was chosen for an item; the latest counts, none is ever changed."""

    __tablename__ = "response"

    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chosen: Mapped[Any] = mapped_column(sa.JSON)
    saved_at: Mapped[datetime]
    certainty: Mapped[str | None] = mapped_column(sa.String(8))


class Flag(Base):
    """A mark that a person set on an item to come back to it; no part of the record."""

    __tablename__ = "flag"

    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class AttemptGrant(Base):
    """One more attempt than the blueprint allows, with who gave it and why."""

    __tablename__ = "attempt_grant"
    __table_args__ = (
        sa.Index("ix_attempt_grant_organisation_id_account_id", "organisation_id", "account_id", "course_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    granted_at: Mapped[datetime]
    granted_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(sa.String(500))


class Accommodation(Base):
    """What a person needs to be examined fairly: more time, attempts or breaks; ended, never deleted."""

    __tablename__ = "accommodation"
    __table_args__ = (sa.Index("ix_accommodation_organisation_id_account_id", "organisation_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str | None] = mapped_column(sa.String(64))  # none for every course
    # The time limit is multiplied by this exact fraction, such as 5/4.
    time_numerator: Mapped[int]
    time_denominator: Mapped[int]
    extra_attempts: Mapped[int]
    breaks: Mapped[int]
    break_minutes: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(sa.String(500))
    granted_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    granted_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class ProctorCode(Base):
    """A code that somebody on site gave one person for one exam; only its argon2id hash is kept, and it works once."""

    __tablename__ = "proctor_code"
    __table_args__ = (
        sa.Index("ix_proctor_code_organisation_id_account_id", "organisation_id", "account_id", "course_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    code_hash: Mapped[str] = mapped_column(sa.String(255))
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    attempt_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attempt.id"))


class SittingEvent(Base):
    """Something that a browser told of a sitting, such as that its page was left: a fact to read, never a verdict."""

    __tablename__ = "sitting_event"
    __table_args__ = (sa.Index("ix_sitting_event_organisation_id_attempt_id", "organisation_id", "attempt_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"))
    position: Mapped[int | None]
    kind: Mapped[str] = mapped_column(sa.String(16))
    happened_at: Mapped[datetime]


class CoachingTask(Base):
    """A critical item that somebody answered wrongly and was sure of: a manager talks it over, and says so."""

    __tablename__ = "coaching_task"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "attempt_id", "position"),
        sa.Index("ix_coaching_task_organisation_id_account_id", "organisation_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"))
    position: Mapped[int]
    topic: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    note: Mapped[str | None] = mapped_column(sa.String(500))
