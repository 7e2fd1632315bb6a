"""Reading assignments and lesson progress."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from app.learning.models import Assignment, LessonCompletion


@dataclass(frozen=True, slots=True)
class Reading:
    """A lesson that was read: in which release, and when; it may have been read again later."""

    lesson_id: str
    release_id: int
    read_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Assigned:
    """An assignment with what the person has read of its course, in whatever release."""

    assignment: Assignment
    readings: frozenset[Reading] = frozenset()

    @property
    def lessons_read(self) -> frozenset[str]:
        """The ids of the lessons that were ever read."""
        return frozenset(one.lesson_id for one in self.readings)


def assigned(
    session: Session, organisation_id: int, account_ids: Collection[int], course_ids: Collection[str] | None = None
) -> dict[tuple[int, str], Assigned]:
    """Return what is assigned to people with the lessons read, by (account, course), due first; one query."""
    of = {"organisation_id": organisation_id, "account_ids": account_ids, "course_ids": course_ids}
    rows: dict[tuple[int, str], tuple[Assignment, set[Reading]]] = {}
    for one, lesson_id, release_id, read_at in session.execute(_assigned(some=course_ids is not None), of):
        found = rows.setdefault((one.account_id, one.course_id), (one, set()))
        if lesson_id is not None:
            found[1].add(Reading(lesson_id, release_id, read_at))
    return {key: Assigned(assignment=one, readings=frozenset(read)) for key, (one, read) in rows.items()}


@cache
def _assigned(*, some: bool) -> Select[Assignment, str, int, datetime]:
    query = (
        select(Assignment, LessonCompletion.lesson_id, LessonCompletion.release_id, LessonCompletion.completed_at)
        .outerjoin(
            LessonCompletion,
            (LessonCompletion.organisation_id == Assignment.organisation_id)
            & (LessonCompletion.account_id == Assignment.account_id)
            & (LessonCompletion.course_id == Assignment.course_id),
        )
        .where(
            Assignment.organisation_id == bindparam("organisation_id"),
            Assignment.account_id.in_(bindparam("account_ids", expanding=True)),
        )
        .order_by(Assignment.due_on.is_(None), Assignment.due_on, Assignment.id)
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
