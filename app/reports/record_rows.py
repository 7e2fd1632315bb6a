"""The four statements that a training record is read with: the person, what was noted of them, sat and certified."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Integer,
    Row,
    Select,
    String,
    cast,
    exists,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.certification.models import Certification, CertificationEvent, SignOff, SignOffAnswer, SignOffCorrection
from app.certification.queries import WITH_EVENTS
from app.certification.record_models import RecordReading
from app.db import Instant
from app.exams.case_models import Regrade
from app.exams.models import Accommodation, Attempt, AttemptGrant, counting
from app.learning.models import Assignment, LessonCompletion
from app.people.models import Account, Clinic, RoleGrant
from app.releases.models import Release, ReleaseLesson, ReleaseSignature, ReleaseWithdrawal

AnyRow = Row[*tuple[Any, ...]]
LESSON, EXTRA, READING, SIGN_OFF = "lesson", "extra", "reading", "sign_off"
_actor = aliased(Account)
# What only a sign-off has: how it went, and what became of it.
_NO_WORTH = tuple(
    cast(null(), kind).label(name)
    for name, kind in (
        ("outcome", String),
        ("complete", Boolean),
        ("confirmed", Boolean),
        ("answered_at", Instant()),
        ("corrected_at", Instant()),
    )
)


def person(session: Session, organisation_id: int, account_id: int, known_at: datetime) -> Sequence[AnyRow]:
    """Return a person with clinics, assignments and accommodations: one row for each of each, few as they are."""
    title = (
        select(Release.title)
        .join(ReleaseSignature, ReleaseSignature.release_id == Release.id)
        .where(
            Release.organisation_id == Assignment.organisation_id,
            Release.course_id == Assignment.course_id,
            ReleaseSignature.signed_at <= known_at,
        )
        .order_by(ReleaseSignature.signed_at.desc(), ReleaseSignature.id.desc())
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )
    query = (
        select(
            Account.id,
            Account.name,
            Account.disabled_at,
            RoleGrant.clinic_id,
            RoleGrant.granted_at,
            RoleGrant.ended_at,
            Clinic.name.label("clinic"),
            Assignment,
            title.label("title"),
            Accommodation,
            _actor.name.label("granted_by"),
        )
        .outerjoin(RoleGrant, RoleGrant.account_id == Account.id)
        .outerjoin(Clinic, Clinic.id == RoleGrant.clinic_id)
        .outerjoin(
            Assignment, (Assignment.organisation_id == Account.organisation_id) & (Assignment.account_id == Account.id)
        )
        .outerjoin(
            Accommodation,
            (Accommodation.organisation_id == Account.organisation_id) & (Accommodation.account_id == Account.id),
        )
        .outerjoin(_actor, _actor.id == Accommodation.granted_by)
        .where(Account.organisation_id == organisation_id, Account.id == account_id)
        .order_by(Clinic.name, Clinic.id, Assignment.assigned_at, Assignment.id, Accommodation.id)
    )
    return session.execute(query).all()


def notes(session: Session, organisation_id: int, account_id: int) -> Sequence[AnyRow]:
    """Return lessons read, extra attempts, sign-offs and readings of a person, by section and in order; one query."""
    lessons = (
        select(
            literal(LESSON, String).label("section"),
            LessonCompletion.id.label("id"),
            LessonCompletion.completed_at.label("at"),
            cast(null(), Date).label("day"),
            LessonCompletion.course_id.label("course"),
            ReleaseLesson.title.label("title"),
            LessonCompletion.lesson_id.label("sub"),
            Release.edition.label("by"),
            cast(null(), Integer).label("number"),
            *_NO_WORTH,
        )
        .join(Release, Release.id == LessonCompletion.release_id)
        .join(
            ReleaseLesson,
            (ReleaseLesson.release_id == LessonCompletion.release_id)
            & (ReleaseLesson.lesson_id == LessonCompletion.lesson_id),
        )
    )
    parts = [
        part.where(table.organisation_id == organisation_id, table.account_id == account_id)
        for part, table in ((lessons, LessonCompletion), *_by_somebody())
    ]
    both = union_all(*parts).subquery()
    return session.execute(select(both).order_by(both.c.section, both.c.at, both.c.id)).all()


def _by_somebody() -> tuple[tuple[Select[*tuple[Any, ...]], Any], ...]:
    """Return the selections of what somebody else did: an extra attempt, a sign-off, a reading."""
    none, day = literal("", String), cast(null(), Date)
    extra = select(
        literal(EXTRA, String), AttemptGrant.id, AttemptGrant.granted_at, day, AttemptGrant.course_id,
        AttemptGrant.reason, none, _actor.name, cast(null(), Integer), *_NO_WORTH,
    ).join(_actor, _actor.id == AttemptGrant.granted_by)  # fmt: skip
    signed = select(
        literal(SIGN_OFF, String), SignOff.id, SignOff.attested_at, SignOff.observed_on, none,
        SignOff.device, SignOff.procedure, _actor.name, SignOff.skin_type,
        SignOff.outcome, SignOff.complete, SignOffAnswer.confirmed, SignOffAnswer.answered_at,
        SignOffCorrection.corrected_at,
    ).join(_actor, _actor.id == SignOff.evaluator_id)  # fmt: skip
    for of in (SignOffAnswer, SignOffCorrection):
        signed = signed.outerjoin(of, (of.organisation_id == SignOff.organisation_id) & (of.sign_off_id == SignOff.id))
    reading = select(
        literal(READING, String), RecordReading.id, RecordReading.read_at, RecordReading.read_on, none,
        none, none, _actor.name, RecordReading.reader_id, *_NO_WORTH,
    ).join(_actor, _actor.id == RecordReading.reader_id)  # fmt: skip
    return (extra, AttemptGrant), (signed, SignOff), (reading, RecordReading)


def attempts(session: Session, organisation_id: int, account_id: int, known_at: datetime) -> Sequence[AnyRow]:
    """Return what a person sat, with the regrade that counts for all that was known then; one query."""
    of = (Attempt.id, Attempt.organisation_id)
    regraded = (Regrade.score_numerator, Regrade.score_denominator, Regrade.passed, Regrade.result, Regrade.recorded_at)
    withdrawn = exists().where(
        ReleaseWithdrawal.organisation_id == Attempt.organisation_id,
        ReleaseWithdrawal.release_id == Attempt.release_id,
        ReleaseWithdrawal.fact == "",
        ReleaseWithdrawal.withdrawn_at <= known_at,
    )
    query = (
        select(
            Attempt.course_id,
            Attempt.number,
            Attempt.started_at,
            Attempt.deadline_at,
            Attempt.closed_at,
            Attempt.closed_by,
            Attempt.original_numerator.label("original_numerator"),
            Attempt.original_denominator.label("original_denominator"),
            Attempt.original_passed.label("original_passed"),
            Attempt.original_result.label("original_result"),
            *(counting(of, column, known_at).label(f"regrade_{column.key}") for column in regraded),
            withdrawn.label("withdrawn"),
            Release.title,
            Release.edition,
            Release.manifest["objectives"].label("objectives"),
        )
        .join(Release, Release.id == Attempt.release_id)
        .where(Attempt.organisation_id == organisation_id, Attempt.account_id == account_id)
        .order_by(Attempt.started_at, Attempt.id)
    )
    return session.execute(query).all()


def certifications(session: Session, organisation_id: int, account_id: int) -> Sequence[AnyRow]:
    """Return a person's certifications with all that happened to them, who did it and on which edition; one query."""
    query = (
        WITH_EVENTS.add_columns(
            _actor.name.label("actor"),
            Release.edition.label("edition"),
            Release.content_hash.label("content_hash"),
        )
        .outerjoin(_actor, _actor.id == CertificationEvent.actor_id)
        .outerjoin(Release, Release.id == CertificationEvent.release_id)
        .where(Certification.organisation_id == organisation_id, Certification.account_id == account_id)
    )
    return session.execute(query).all()
