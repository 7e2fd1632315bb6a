"""Tables of attempts: the paper as drawn, responses as append-only revisions, flags, extra attempts."""

from datetime import datetime
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
        sa.Index(
            "ix_attempt_deadline_open",
            "deadline_at",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index("ix_attempt_organisation_id_release_id", "organisation_id", "release_id"),
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
