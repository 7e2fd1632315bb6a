"""Tables of cases about items, regrades with the reviews that they open, and appeals; every row is written once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId

# Of `CaseDecision.kind`: how a case ended.
SIGNED, DISMISSED = "signed", "dismissed"
# Of `RegradeReview.outcome`: what becomes of a pass that the recount does not bear out.
STANDS, FALLS = "stands", "falls"
# Of `Appeal.position`: the whole result is contested, and no single item.
THE_RESULT = 0


class ItemCase(Base):
    """Somebody's reason to think that the key of an item, as it was asked, is wrong; the evidence beside it."""

    __tablename__ = "item_case"
    __table_args__ = (sa.Index("ix_item_case_organisation_id_item_hash", "organisation_id", "item_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    item_id: Mapped[str] = mapped_column(sa.String(200))
    item_hash: Mapped[str] = mapped_column(sa.ForeignKey("item_content.hash"))
    appeal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appeal.id"))
    reason: Mapped[str] = mapped_column(sa.String(500))
    evidence: Mapped[str] = mapped_column(sa.String(2000))
    opened_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    opened_at: Mapped[datetime]


class CaseProposal(Base):
    """A policy for a case with its dry run, by id; the latest counts. `key` is the new one where the policy has one."""

    __tablename__ = "case_proposal"
    __table_args__ = (sa.Index("ix_case_proposal_organisation_id_case_id", "organisation_id", "case_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("item_case.id"))
    policy: Mapped[str] = mapped_column(sa.String(16))
    key: Mapped[Any] = mapped_column(sa.JSON)
    proposed_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    attempts: Mapped[int]  # asked the item and are closed
    changed: Mapped[int]  # of them, those whose score changes
    flips: Mapped[list[Any]]  # of whose decision changes, as `Tally` holds them
    digest: Mapped[str] = mapped_column(sa.String(64))


class CaseDecision(Base):
    """How a case ended: a medical director's signature under a proposal, or its dismissal with a reason."""

    __tablename__ = "case_decision"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "case_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("item_case.id"))
    proposal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("case_proposal.id"))
    kind: Mapped[str] = mapped_column(sa.String(16))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime]
    meaning: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    digest: Mapped[str | None] = mapped_column(sa.String(64))


class Regrade(Base):
    """An attempt's stored responses scored again under every signed case, as one more of them was signed.

    `was_…` is what counted before. A recount that takes a pass away counts only once its review says so.
    """

    __tablename__ = "regrade"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "attempt_id", "case_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"))
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("item_case.id"))
    recorded_at: Mapped[datetime]
    was_passed: Mapped[bool]
    was_numerator: Mapped[int] = mapped_column(sa.BigInteger)
    was_denominator: Mapped[int] = mapped_column(sa.BigInteger)
    passed: Mapped[bool]
    score_numerator: Mapped[int] = mapped_column(sa.BigInteger)
    score_denominator: Mapped[int] = mapped_column(sa.BigInteger)
    result: Mapped[dict[str, Any]]


class RegradeReview(Base):
    """What a medical director decided of a pass that a recount does not bear out."""

    __tablename__ = "regrade_review"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "regrade_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    regrade_id: Mapped[int] = mapped_column(sa.ForeignKey("regrade.id"))
    outcome: Mapped[str] = mapped_column(sa.String(16))
    reason: Mapped[str] = mapped_column(sa.String(500))
    decided_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime]


class Appeal(Base):
    """A trainee contests an item of their paper, or (position 0) the result: once each."""

    __tablename__ = "appeal"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "attempt_id", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("attempt.id"))
    position: Mapped[int]
    words: Mapped[str] = mapped_column(sa.String(2000))
    appealed_at: Mapped[datetime]


class AppealAnswer(Base):
    """What a decider answered, with the reason that the trainee reads."""

    __tablename__ = "appeal_answer"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "appeal_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    appeal_id: Mapped[int] = mapped_column(sa.ForeignKey("appeal.id"))
    upheld: Mapped[bool]
    answer: Mapped[str] = mapped_column(sa.String(2000))
    decided_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime]
