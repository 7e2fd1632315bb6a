"""Tables of recalls: what changed, who rests on it, what they did about it, how it ended; every row is written once."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId

# Of `RecallDecision.kind`: nobody has to do anything any more; the report is signed.
ENDED, CLOSED = "ended", "closed"


class Recall(Base):
    """A campaign after facts changed: from which release to which, what is asked, by when, and what follows."""

    __tablename__ = "recall"
    __table_args__ = (sa.Index("ix_recall_organisation_id_release_id", "organisation_id", "release_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(200))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    base_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    task: Mapped[str] = mapped_column(sa.String(16))
    consequence: Mapped[str] = mapped_column(sa.String(16))
    due_on: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(500))
    units: Mapped[list[Any]]  # of a delta quiz: the ids of what is asked
    started_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    started_at: Mapped[datetime]
    meaning: Mapped[str] = mapped_column(sa.String(200))
    digest: Mapped[str] = mapped_column(sa.String(64))


class RecallChange(Base):
    """A change of a release that a recall is about; `round` counts the recalls of this very change."""

    __tablename__ = "recall_change"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "release_id", "key", "round"),
        sa.Index("ix_recall_change_organisation_id_recall_id", "organisation_id", "recall_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    round: Mapped[int]
    title: Mapped[str] = mapped_column(sa.Text)
    change_class: Mapped[str] = mapped_column(sa.String(16))
    digest: Mapped[str] = mapped_column(sa.String(64))


class RecallTarget(Base):
    """A certification that rested on what changed when the recall began: how, and which of its cells (null: all)."""

    __tablename__ = "recall_target"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "recall_id", "certification_id"),
        sa.Index("ix_recall_target_organisation_id_certification_id", "organisation_id", "certification_id"),
        sa.Index("ix_recall_target_organisation_id_account_id", "organisation_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"))
    certification_id: Mapped[int] = mapped_column(sa.ForeignKey("certification.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    bonds: Mapped[dict[str, Any]]  # by the change's key: asked, cells, taught, without
    cells: Mapped[Any] = mapped_column(sa.JSON)


class RecallItem(Base):
    """An item that a person was asked in a recall's delta quiz."""

    __tablename__ = "recall_item"
    __table_args__ = (
        sa.Index("ix_recall_item_organisation_id_recall_id", "organisation_id", "recall_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    unit: Mapped[str] = mapped_column(sa.String(200))
    variant: Mapped[int]
    item_hash: Mapped[str] = mapped_column(sa.ForeignKey("item_content.hash"))
    asked_at: Mapped[datetime]


class RecallResponse(Base):
    """What was chosen for an item of a delta quiz, once; each is a try that counts."""

    __tablename__ = "recall_response"

    recall_item_id: Mapped[int] = mapped_column(sa.ForeignKey("recall_item.id"), primary_key=True, autoincrement=False)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    chosen: Mapped[Any] = mapped_column(sa.JSON)
    right: Mapped[bool]
    answered_at: Mapped[datetime]


class RecallDone(Base):
    """A person did what a recall asks: from which day it counts, after how many tries, and what they stand for."""

    __tablename__ = "recall_done"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "recall_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    done_on: Mapped[date]
    done_at: Mapped[datetime]
    tries: Mapped[int]
    attempt_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attempt.id"))
    meaning: Mapped[str] = mapped_column(sa.String(200))


class RecallDecision(Base):
    """How a recall ended: early, with a reason; and the signed report, frozen as values with their hash."""

    __tablename__ = "recall_decision"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "recall_id", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"))
    kind: Mapped[str] = mapped_column(sa.String(16))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    decided_on: Mapped[date]
    decided_at: Mapped[datetime]
    meaning: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    report: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    digest: Mapped[str | None] = mapped_column(sa.String(64))
