"""The certifications that can still be suspended or revoked, by clinic, course and name: for who proposes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification.lifecycle import State
from app.certification.models import Certification
from app.certification.queries import FINAL, Held, held_among
from app.errors import NotFoundError
from app.people import queries as people
from app.people.models import Account, RoleGrant
from app.people.permissions import Role
from app.releases.models import Release

MOST_SHOWN = 100
MOST_READ = 4 * MOST_SHOWN  # some of them were ended for good, and are not shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which certifications somebody looks for; None and empty stand for any."""

    clinic_id: int | None = None
    course_id: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changeable:
    """Certifications by name, with what else can be looked for; `more` tells how many did not fit.

    `whole` is False where not all were read, so that there may be more than `more` says.
    """

    held: tuple[Held, ...]
    more: int
    whole: bool
    clinics: tuple[tuple[int, str], ...]
    courses: Mapping[str, str]


def changeable(
    session: Session, organisation_id: int, wanted: Wanted, *, day: date, now: datetime, most: int = MOST_SHOWN
) -> Changeable:
    """Return the certifications that are wanted and can be changed, at most `most`; four queries."""
    clinics = tuple((one.id, one.name) for one in people.clinics(session, organisation_id, None))
    courses = _courses(session, organisation_id)
    if wanted.clinic_id is not None and wanted.clinic_id not in dict(clinics):
        raise NotFoundError
    if wanted.course_id and wanted.course_id not in courses:
        raise NotFoundError
    ids = _ids(session, organisation_id, wanted)
    found = [
        one for one in held_among(session, organisation_id, ids) if one.on(day, now).state not in (*FINAL, State.NONE)
    ]
    found.sort(key=lambda one: (one.certification.name, one.certification.scheme["title"], one.certification.id))
    return Changeable(
        held=tuple(found[:most]),
        more=len(found[most:]),
        whole=len(ids) < MOST_READ,
        clinics=clinics,
        courses=courses,
    )


def _ids(session: Session, organisation_id: int, wanted: Wanted) -> list[int]:
    query = (
        select(Certification.id)
        .join(Account, Account.id == Certification.account_id)
        .where(Certification.organisation_id == organisation_id)
        .order_by(Account.name, Certification.course_id, Certification.id)
        .limit(MOST_READ)
    )
    if wanted.clinic_id is not None:
        treating = select(RoleGrant.account_id).where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.clinic_id == wanted.clinic_id,
            RoleGrant.role == Role.TECHNICIAN.value,
            RoleGrant.ended_at.is_(None),
        )
        query = query.where(Certification.account_id.in_(treating))
    if wanted.course_id:
        query = query.where(Certification.course_id == wanted.course_id)
    if wanted.name:
        query = query.where(people.name_holds(wanted.name))
    return list(session.scalars(query))


def _courses(session: Session, organisation_id: int) -> dict[str, str]:
    """Return the courses in which anybody was ever certified, each with the title of its newest edition, by title."""
    certified = select(Certification.course_id).where(Certification.organisation_id == organisation_id)
    rows = session.execute(
        select(Release.course_id, Release.title)
        .where(Release.organisation_id == organisation_id, Release.course_id.in_(certified))
        .order_by(Release.id)
    )
    return dict(sorted({row.course_id: row.title for row in rows}.items(), key=lambda one: one[1]))
