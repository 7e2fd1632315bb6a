"""Tables of sign-offs, certifications and their events; what is certified is frozen with it."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class SignOff(Base):
    """An evaluator's attestation of one observed treatment; there is no field that could hold a client."""

    __tablename__ = "sign_off"
    __table_args__ = (
        sa.Index("ix_sign_off_organisation_id_account_id", "organisation_id", "account_id"),
        sa.Index("ix_sign_off_organisation_id_evaluator_id", "organisation_id", "evaluator_id"),
        sa.Index("uq_sign_off_page", "organisation_id", "evaluator_id", "page", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    evaluator_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    device: Mapped[str] = mapped_column(sa.String(64))
    skin_type: Mapped[int]
    procedure: Mapped[str] = mapped_column(sa.String(64))
    observed_on: Mapped[date]
    attested_at: Mapped[datetime]
    # None before outcomes were recorded and technicians signed as well.
    outcome: Mapped[str | None] = mapped_column(sa.String(16))
    complete: Mapped[bool | None]
    remarks: Mapped[list[Any]]
    words: Mapped[str | None] = mapped_column(sa.String(300))
    # The mark of the page that it was signed on: sent twice, it is one entry. None where it came from no page.
    page: Mapped[str | None] = mapped_column(sa.String(32))


class SignOffStep(Base):
    """A safety-critical step of an observed treatment as its release words it, and whether it was seen done."""

    __tablename__ = "sign_off_step"
    __table_args__ = (
        sa.Index("ix_sign_off_step_organisation_id_fact", "organisation_id", "fact"),
        sa.Index("ix_sign_off_step_organisation_id_sign_off_id", "organisation_id", "sign_off_id"),
    )

    sign_off_id: Mapped[int] = mapped_column(sa.ForeignKey("sign_off.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    fact: Mapped[str] = mapped_column(sa.String(200))
    phase: Mapped[str] = mapped_column(sa.String(64))
    text: Mapped[str] = mapped_column(sa.Text)
    done: Mapped[bool]


class SignOffAnswer(Base):
    """The technician's own signature under a sign-off, or that they contest it; once, and final."""

    __tablename__ = "sign_off_answer"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "sign_off_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    sign_off_id: Mapped[int] = mapped_column(sa.ForeignKey("sign_off.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    confirmed: Mapped[bool]
    reason_code: Mapped[str | None] = mapped_column(sa.String(32))
    words: Mapped[str | None] = mapped_column(sa.String(300))
    answered_at: Mapped[datetime]


class SignOffCorrection(Base):
    """That a sign-off is void, with the reason, and the one that stands in its place where there is one."""

    __tablename__ = "sign_off_correction"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "sign_off_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    sign_off_id: Mapped[int] = mapped_column(sa.ForeignKey("sign_off.id"))
    replaced_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sign_off.id"))
    reason_code: Mapped[str] = mapped_column(sa.String(32))
    words: Mapped[str | None] = mapped_column(sa.String(300))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    corrected_at: Mapped[datetime]


class EvaluatorAppointment(Base):
    """That somebody may observe in named cells on outside evidence, at most twelve months; ended, never deleted."""

    __tablename__ = "evaluator_appointment"
    __table_args__ = (sa.Index("ix_evaluator_appointment_organisation_id_account_id", "organisation_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    cells: Mapped[list[Any]]
    issuer: Mapped[str] = mapped_column(sa.String(120))
    number: Mapped[str] = mapped_column(sa.String(60))
    evidence: Mapped[str] = mapped_column(sa.String(500))
    reason: Mapped[str] = mapped_column(sa.String(500))
    first_on: Mapped[date]
    last_on: Mapped[date]
    appointed_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    appointed_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(sa.String(500))


class Certification(Base):
    """The decision about a person under a scheme; `scheme` and `cells` are frozen as they were granted."""

    __tablename__ = "certification"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "account_id", "course_id", "ordinal"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    ordinal: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(32), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    scheme: Mapped[dict[str, Any]]
    cells: Mapped[list[Any]]


class CertificationEvent(Base):
    """What happened to a certification: when it counts, when we knew, who, and why."""

    __tablename__ = "certification_event"
    __table_args__ = (
        sa.UniqueConstraint("certification_id", "attempt_id"),
        sa.Index("ix_certification_event_certification_id", "certification_id", "effective_on"),
        sa.Index("ix_certification_event_organisation_id_interlock_id", "organisation_id", "interlock_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    certification_id: Mapped[int] = mapped_column(sa.ForeignKey("certification.id"))
    kind: Mapped[str] = mapped_column(sa.String(16))
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    reason_code: Mapped[str | None] = mapped_column(sa.String(32))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    attempt_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attempt.id"))
    release_id: Mapped[int | None] = mapped_column(sa.ForeignKey("release.id"))
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    grace_last_on: Mapped[date | None]
    due_from_on: Mapped[date | None]
    cells: Mapped[list[Any] | None]
    lifts_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certification_event.id"))
    interlock_id: Mapped[int | None] = mapped_column(sa.ForeignKey("interlock.id"))


class Interlock(Base):
    """One act that held cells of many at once; None and empty: any device, procedure, skin type, clinic."""

    __tablename__ = "interlock"
    __table_args__ = (sa.Index("ix_interlock_organisation_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    clinic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("clinic.id"))
    device: Mapped[str | None] = mapped_column(sa.String(64))
    procedure: Mapped[str | None] = mapped_column(sa.String(64))
    skin_types: Mapped[list[Any]]
    reason_code: Mapped[str] = mapped_column(sa.String(32))
    reason: Mapped[str] = mapped_column(sa.String(500))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    set_at: Mapped[datetime]


class InterlockLift(Base):
    """The end of an interlock: once, by whom, and why."""

    __tablename__ = "interlock_lift"

    interlock_id: Mapped[int] = mapped_column(sa.ForeignKey("interlock.id"), primary_key=True, autoincrement=False)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(sa.String(500))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    lifted_at: Mapped[datetime]


class BulkChange(Base):
    """What one person proposed to do to several certifications; a second one decides."""

    __tablename__ = "bulk_change"
    __table_args__ = (sa.Index("ix_bulk_change_organisation_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(sa.String(16))
    certification_ids: Mapped[list[Any]]
    effective_on: Mapped[date]
    reason_code: Mapped[str] = mapped_column(sa.String(32))
    reason: Mapped[str] = mapped_column(sa.String(500))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    proposed_at: Mapped[datetime]


class BulkDecision(Base):
    """What became of a proposal, once: confirmed by a second person, or withdrawn."""

    __tablename__ = "bulk_decision"

    bulk_change_id: Mapped[int] = mapped_column(sa.ForeignKey("bulk_change.id"), primary_key=True, autoincrement=False)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    confirmed: Mapped[bool]
    changed: Mapped[int]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime]
