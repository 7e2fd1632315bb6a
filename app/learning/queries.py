"""Reading assignments and lesson progress."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from app.learning.evidence_models import EvidenceDecision, OutsideEvidence
from app.learning.models import Assignment, LessonCompletion


@dataclass(frozen=True, slots=True)
class Reading:
    """A lesson that was read: in which release, and when; it may have been read again later."""

    lesson_id: str
    release_id: int
    read_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """Evidence from outside that somebody accepted for requirements of a course, and until when it is valid."""

    evidence_id: int
    requirements: frozenset[str]
    issuer: str
    number: str
    title: str
    expires_on: date | None
    decided_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Assigned:
    """An assignment with what the person read of its course, in whatever release, and what was accepted for it."""

    assignment: Assignment
    readings: frozenset[Reading] = frozenset()
    accepted: tuple[Acceptance, ...] = ()

    @property
    def lessons_read(self) -> frozenset[str]:
        """The ids of the lessons that were ever read."""
        return frozenset(one.lesson_id for one in self.readings)


def assigned(
    session: Session, organisation_id: int, account_ids: Collection[int], course_ids: Collection[str] | None = None
) -> dict[tuple[int, str], Assigned]:
    """Return what is assigned to people with the lessons read, by (account, course), due first; one query."""
    of = {"organisation_id": organisation_id, "account_ids": account_ids, "course_ids": course_ids}
    rows: dict[tuple[int, str], tuple[Assignment, set[Reading], dict[int, Acceptance]]] = {}
    for one, lesson_id, release_id, read_at, decision, evidence in session.execute(
        _assigned(some=course_ids is not None), of
    ):
        found = rows.setdefault((one.account_id, one.course_id), (one, set(), {}))
        if lesson_id is not None:
            found[1].add(Reading(lesson_id, release_id, read_at))
        if decision is not None:
            found[2][decision.id] = acceptance(decision, evidence)
    return {
        key: Assigned(assignment=one, readings=frozenset(read), accepted=tuple(accepted.values()))
        for key, (one, read, accepted) in rows.items()
    }


def acceptance(decision: EvidenceDecision, evidence: OutsideEvidence) -> Acceptance:
    """Return what was accepted as the rules take it."""
    return Acceptance(
        evidence_id=evidence.id,
        requirements=frozenset(decision.requirements),
        issuer=evidence.issuer,
        number=evidence.number,
        title=evidence.title,
        expires_on=evidence.expires_on,
        decided_at=decision.decided_at,
    )


# Beside an assignment: what was accepted from outside for its course. A decline names no course.
ACCEPTED = (
    (EvidenceDecision.organisation_id == Assignment.organisation_id)
    & (EvidenceDecision.account_id == Assignment.account_id)
    & (EvidenceDecision.course_id == Assignment.course_id)
)


@cache
def _assigned(*, some: bool) -> Select[Assignment, str, int, datetime, EvidenceDecision, OutsideEvidence]:
    query = (
        select(
            Assignment,
            LessonCompletion.lesson_id,
            LessonCompletion.release_id,
            LessonCompletion.completed_at,
            EvidenceDecision,
            OutsideEvidence,
        )
        .outerjoin(
            LessonCompletion,
            (LessonCompletion.organisation_id == Assignment.organisation_id)
            & (LessonCompletion.account_id == Assignment.account_id)
            & (LessonCompletion.course_id == Assignment.course_id),
        )
        .outerjoin(EvidenceDecision, ACCEPTED)
        .outerjoin(OutsideEvidence, OutsideEvidence.id == EvidenceDecision.evidence_id)
        .where(
            Assignment.organisation_id == bindparam("organisation_id"),
            Assignment.account_id.in_(bindparam("account_ids", expanding=True)),
        )
        .order_by(Assignment.due_on.is_(None), Assignment.due_on, Assignment.id, EvidenceDecision.id)
    )
    return query.where(Assignment.course_id.in_(bindparam("course_ids", expanding=True))) if some else query


def assignment(session: Session, organisation_id: int, account_id: int, course_id: str) -> Assignment | None:
    """Return a person's assignment to a course."""
    return session.scalar(
        select(Assignment).where(
            Assignment.organisation_id == organisation_id,
            Assignment.account_id == account_id,
            Assignment.course_id == course_id,
        )
    )
