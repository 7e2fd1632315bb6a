"""A technician's record for who answers for them: held, assigned, read, sat, observed; six queries with the sign-in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from app.certification import queries as certifications
from app.certification.practice_queries import Attested, observed
from app.certification.queries import Held
from app.certification.standing import Record, Standing, doubted, standing_of
from app.errors import NotFoundError
from app.exams.history import History, sat
from app.exams.models import Accommodation, CoachingTask
from app.learning.evidence_models import EvidenceDecision, OutsideEvidence
from app.learning.models import Assignment, LessonCompletion
from app.learning.queries import ACCEPTED, Acceptance, Assigned, Reading, acceptance
from app.people.models import Account, Clinic, RoleGrant
from app.people.permissions import Role
from app.releases import queries as releases


@dataclass(frozen=True, kw_only=True, slots=True)
class TechnicianRecord:
    """A technician as of now.

    `clinics` are (id, name) of where they treat; `held` every certification, the earliest first; `standings` the
    courses that are in force, due first; `histories` pair the title of a course with its attempts; `accommodations` are
    with the name of who granted each, the latest first.
    """

    account_id: int
    name: str
    disabled_at: datetime | None
    clinics: tuple[tuple[int, str], ...]
    held: tuple[Held, ...]
    standings: tuple[Standing, ...]
    histories: tuple[tuple[str, History], ...]
    observed: tuple[Attested, ...]
    accommodations: tuple[tuple[Accommodation, str], ...]
    to_talk_over: int = 0


_granter = aliased(Account)
_TO_TALK_OVER = (
    select(func.count(CoachingTask.id))
    .where(
        CoachingTask.organisation_id == Account.organisation_id,
        CoachingTask.account_id == Account.id,
        CoachingTask.done_at.is_(None),
    )
    .correlate(Account)
    .scalar_subquery()
)
# One row for each clinic, lesson read and accommodation: small, and fewer queries than one by one.
_PERSON = (
    select(
        Account.id,
        Account.name,
        Account.disabled_at,
        Clinic.id.label("clinic_id"),
        Clinic.name.label("clinic"),
        Assignment,
        LessonCompletion,
        EvidenceDecision,
        OutsideEvidence,
        Accommodation,
        _granter.name.label("granted_by"),
        _TO_TALK_OVER.label("to_talk_over"),
    )
    .outerjoin(
        RoleGrant,
        (RoleGrant.account_id == Account.id) & (RoleGrant.role == Role.TECHNICIAN.value) & RoleGrant.ended_at.is_(None),
    )
    .outerjoin(Clinic, Clinic.id == RoleGrant.clinic_id)
    .outerjoin(
        Assignment,
        (Assignment.organisation_id == Account.organisation_id) & (Assignment.account_id == Account.id),
    )
    .outerjoin(
        LessonCompletion,
        (LessonCompletion.organisation_id == Assignment.organisation_id)
        & (LessonCompletion.account_id == Assignment.account_id)
        & (LessonCompletion.course_id == Assignment.course_id),
    )
    .outerjoin(EvidenceDecision, ACCEPTED)
    .outerjoin(OutsideEvidence, OutsideEvidence.id == EvidenceDecision.evidence_id)
    .outerjoin(
        Accommodation,
        (Accommodation.organisation_id == Account.organisation_id) & (Accommodation.account_id == Account.id),
    )
    .outerjoin(_granter, _granter.id == Accommodation.granted_by)
    .order_by(Clinic.name, Clinic.id, Assignment.due_on.is_(None), Assignment.due_on, Assignment.id)
)


def technician_record(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    within: Collection[int] | None,
    zone: str,
    now: datetime,
) -> TechnicianRecord:
    """Return the record of a technician of the clinics `within`, or (None) of anybody in the organisation.

    NotFoundError for everybody else. Five queries.
    """
    rows = session.execute(_PERSON.where(Account.organisation_id == organisation_id, Account.id == account_id)).all()
    clinics = {row.clinic_id: row.clinic for row in rows if row.clinic_id is not None}
    if not rows or (within is not None and clinics.keys().isdisjoint(within)):
        raise NotFoundError
    held = certifications.held_by(session, organisation_id, [account_id], taught=True).get(account_id, [])
    read = sat(session, organisation_id, [account_id])
    histories = doubted(session, read.histories, held)
    record = Record(
        account_id=account_id,
        zone=zone,
        assigned=_assigned(rows),
        held={one.certification.course_id: one for one in held},
        histories={course_id: history for (_, course_id), history in histories.items()},
        accommodations=read.accommodations.get(account_id, ()),
        observed=tuple(observed(session, organisation_id, [account_id]).get(account_id, ())),
    )
    courses = dict.fromkeys([*record.assigned, *record.held])
    in_force = releases.all_in_force(session, organisation_id, [*courses, *record.histories])
    titles = {course_id: one.release.title for course_id, one in in_force.items()}
    return TechnicianRecord(
        account_id=account_id,
        name=rows[0].name,
        disabled_at=rows[0].disabled_at,
        clinics=tuple(clinics.items()),
        held=tuple(held),
        standings=tuple(
            standing_of(record, in_force[course_id].release, now, in_force[course_id].withdrawn)
            for course_id in courses
            if course_id in in_force
        ),
        histories=tuple((titles.get(course_id, course_id), history) for course_id, history in record.histories.items()),
        observed=record.observed,
        accommodations=_accommodations(rows),
        to_talk_over=rows[0].to_talk_over,
    )


def _accommodations(rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[tuple[Accommodation, str], ...]:
    found = {row.Accommodation.id: (row.Accommodation, row.granted_by) for row in rows if row.Accommodation is not None}
    return tuple(found[one] for one in sorted(found, reverse=True))


def _assigned(rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[str, Assigned]:
    found: dict[str, tuple[Assignment, set[Reading], dict[int, Acceptance]]] = {}
    for row in rows:
        if row.Assignment is not None:
            _, read, accepted = found.setdefault(row.Assignment.course_id, (row.Assignment, set(), {}))
            one = row.LessonCompletion
            read.update([Reading(one.lesson_id, one.release_id, one.completed_at)] if one else [])
            if row.EvidenceDecision is not None:
                accepted[row.EvidenceDecision.id] = acceptance(row.EvidenceDecision, row.OutsideEvidence)
    return {
        course_id: Assigned(assignment=assignment, readings=frozenset(read), accepted=tuple(accepted.values()))
        for course_id, (assignment, read, accepted) in found.items()
    }
