"""What one event decides: the certification of its course, and those that only waited for that one."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.certification import issuing
from app.certification.models import Certification
from app.learning import queries as learning
from app.releases import queries as releases
from app.releases.manifest import scheme_of


def decide(
    session: Session, *, organisation_id: int, account_id: int, course_id: str, as_of: datetime, now: datetime
) -> Certification | None:
    """Issue, renew or extend what a person has earned at a course, and then what only waited for this certification.

    Return the one of the course itself; None where something is missing, or nothing is new.
    """
    granted = issuing.decide(
        session, organisation_id=organisation_id, account_id=account_id, course_id=course_id, as_of=as_of, now=now
    )
    if granted is not None:
        follow(session, organisation_id=organisation_id, stands=[(account_id, course_id)], as_of=as_of, now=now)
    return granted


def follow(
    session: Session, *, organisation_id: int, stands: Iterable[tuple[int, str]], as_of: datetime, now: datetime
) -> None:
    """Decide what people were waiting for, now that their certifications, by (account, course), stand again or anew.

    One query where no course requires any of them, two where it is assigned to none; the caller holds these people.
    """
    waiting: dict[str, list[str]] = {}
    for one in releases.all_in_force(session, organisation_id).values():
        for required in scheme_of(one.release.manifest).requires_certifications:
            waiting.setdefault(required, []).append(one.release.course_id)
    pairs = [(account_id, waits) for account_id, course_id in stands for waits in waiting.get(course_id, ())]
    if not pairs:
        return
    people, courses = {account_id for account_id, _ in pairs}, {course_id for _, course_id in pairs}
    assigned = learning.assigned(session, organisation_id, people, courses)
    for account_id, course_id in pairs:
        if (account_id, course_id) in assigned:
            decide(
                session,
                organisation_id=organisation_id,
                account_id=account_id,
                course_id=course_id,
                as_of=as_of,
                now=now,
            )


def hold_waiting(session: Session, organisation_id: int) -> None:
    """Hold the releases that `follow` may decide on, for who takes the interlocks first: releases come before these."""
    for one in sorted(releases.all_in_force(session, organisation_id).values(), key=lambda one: one.release.id):
        if scheme_of(one.release.manifest).requires_certifications:
            releases.hold_release(session, one.release.id)
