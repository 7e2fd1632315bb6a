"""Tables of attempts: paper as drawn, append-only responses, breaks, what was granted, what was seen of a sitting."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId

# Of `Attempt.closed_by`: a withdrawn release or row ended it, and it does not count.
CLOSED_BY_WITHDRAWAL = "withdrawn"


class Attempt(Base):
    """One sitting, pinned to a release; scores are exact fractions, written once when it closes."""

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
    passed: Mapped[bool | None]
    score_numerator: Mapped[int | None] = mapped_column(sa.BigInteger)
    score_denominator: Mapped[int | None] = mapped_column(sa.BigInteger)
    result: Mapped[dict[str, Any] | None]
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
