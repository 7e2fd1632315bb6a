"""Tables of evidence from outside and of what was decided about it; every row is written once."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class OutsideEvidence(Base):
    """A certificate of another body or an earlier system; its file has a random name in the evidence folder."""

    __tablename__ = "outside_evidence"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "file_name"),
        sa.Index("ix_outside_evidence_organisation_id_account_id", "organisation_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    issuer: Mapped[str] = mapped_column(sa.String(120))
    number: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(200))
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    file_name: Mapped[str] = mapped_column(sa.String(64))
    file_kind: Mapped[str] = mapped_column(sa.String(8))
    file_size: Mapped[int]
    file_hash: Mapped[str] = mapped_column(sa.String(64))
    uploaded_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    uploaded_at: Mapped[datetime]


class EvidenceDecision(Base):
    """A named person accepted evidence for requirements of a course, or (no course) declined it, with the reason."""

    __tablename__ = "evidence_decision"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "evidence_id", "course_id"),
        sa.Index("ix_evidence_decision_organisation_id_account_id", "organisation_id", "account_id", "course_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    evidence_id: Mapped[int] = mapped_column(sa.ForeignKey("outside_evidence.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))  # empty: declined
    requirements: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(sa.String(500))
    decided_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime]
