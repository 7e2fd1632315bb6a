"""Assigning courses and recording that a lesson was read."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.learning import queries
from app.learning.models import Assignment, LessonCompletion
from app.people import queries as people
from app.people.permissions import Action, Actor
from app.releases import queries as releases


def assign(
    session: Session,
    *,
    actor: Actor,
    account_id: int,
    course_id: str,
    due_on: date | None,
    today: date,
    now: datetime,
) -> Assignment:
    """Assign a course that is in force to a person, or move the day by which it is due."""
    person = people.member(session, actor.organisation_id, account_id, actor.clinics(Action.ASSIGN))
    in_force = releases.in_force(session, actor.organisation_id, course_id)
    if in_force is None:
        raise RefusedError("This course has no signed release yet; a medical director has to sign it first.")
    if in_force.withdrawn.whole:
        raise RefusedError("This course was withdrawn; a medical director has to sign a new edition first.")
    if due_on is not None and due_on < today:
        raise RefusedError("Choose a due day from today on.")
    if person.disabled_at is not None:
        raise RefusedError(f"{person.name} is disabled; enable the account first.")
    known = queries.assignment(session, actor.organisation_id, account_id, course_id)
    assignment = known or Assignment(
        organisation_id=actor.organisation_id,
        account_id=account_id,
        course_id=course_id,
        assigned_at=now,
        assigned_by=actor.account_id,
    )
    assignment.due_on = due_on
    session.add(assignment)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="assignment.changed" if known else "assignment.made",
        subject=f"assignment:{assignment.id}",
        actor_id=actor.account_id,
        account_id=account_id,
        now=now,
        detail={"course": course_id, "due_on": due_on.isoformat() if due_on else None},
    )
    return assignment


def complete_lesson(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    release_id: int,
    lesson_id: str,
    now: datetime,
    since: datetime | None = None,
) -> bool:
    """Record that a person read a lesson of a release; False when that was recorded before.

    What was read before `since` is read again. The caller holds the person's lock, so that nothing is recorded twice.
    """
    release = releases.get_release(session, organisation_id, release_id)
    if lesson_id not in {lesson["id"] for lesson in release.manifest["lessons"]}:
        raise NotFoundError
    known = select(LessonCompletion.id).where(
        LessonCompletion.organisation_id == organisation_id,
        LessonCompletion.account_id == account_id,
        LessonCompletion.release_id == release_id,
        LessonCompletion.lesson_id == lesson_id,
        *([LessonCompletion.completed_at >= since] if since else []),
    )
    if session.scalar(known.limit(1)) is not None:
        return False
    completion = LessonCompletion(
        organisation_id=organisation_id,
        account_id=account_id,
        course_id=release.course_id,
        release_id=release_id,
        lesson_id=lesson_id,
        completed_at=now,
    )
    session.add(completion)
    session.flush()
    trail.record(
        session,
        organisation_id=organisation_id,
        kind="lesson.completed",
        subject=f"lesson_completion:{completion.id}",
        actor_id=account_id,
        account_id=account_id,
        now=now,
        detail={"release": release_id, "lesson": lesson_id},
    )
    return True
