"""How a technician's exams were sat: facts a browser told, who let them in, and what a manager is to talk over."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.exams.models import Attempt, CoachingTask, ProctorCode, SittingEvent
from app.people import queries as people
from app.people.models import Account
from app.releases.models import Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Something that the browser told of a sitting; `position` is the item's, None on the review."""

    kind: str
    position: int | None
    happened_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Sat:
    """An attempt with what is known of how it was sat; `let_in_by` made the code that it was started with."""

    attempt: Attempt
    title: str
    let_in_by: str | None
    events: tuple[Told, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A critical item to talk over, by topic; `done_by` and the note stand once it was."""

    id: int
    topic: str
    title: str
    made_at: datetime
    done_at: datetime | None
    done_by: str | None
    note: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SittingsRecord:
    """A technician's sittings, the newest first, and tasks, the open ones first."""

    account_id: int
    name: str
    sat: tuple[Sat, ...]
    tasks: tuple[Task, ...]


def sittings_record(
    session: Session, *, organisation_id: int, account_id: int, within: Collection[int] | None
) -> SittingsRecord:
    """Return how a person of the clinics `within` (None: of all) sat their exams; NotFoundError for others.

    Five queries.
    """
    person = people.member(session, organisation_id, account_id, within)
    events = _events(session, organisation_id, account_id)
    return SittingsRecord(
        account_id=account_id,
        name=person.name,
        sat=tuple(
            Sat(attempt=attempt, title=title, let_in_by=let_in_by, events=tuple(events.get(attempt.id, ())))
            for attempt, title, let_in_by in _attempts(session, organisation_id, account_id)
        ),
        tasks=_tasks(session, organisation_id, account_id),
    )


def _attempts(session: Session, organisation_id: int, account_id: int) -> list[tuple[Attempt, str, str | None]]:
    maker = aliased(Account)
    rows = session.execute(
        select(Attempt, Release.title, maker.name)
        .join(Release, Release.id == Attempt.release_id)
        .outerjoin(ProctorCode, ProctorCode.attempt_id == Attempt.id)
        .outerjoin(maker, maker.id == ProctorCode.made_by)
        .where(Attempt.organisation_id == organisation_id, Attempt.account_id == account_id)
        .order_by(Attempt.started_at.desc(), Attempt.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _events(session: Session, organisation_id: int, account_id: int) -> dict[int, list[Told]]:
    rows = session.execute(
        select(SittingEvent.attempt_id, SittingEvent.kind, SittingEvent.position, SittingEvent.happened_at)
        .join(Attempt, Attempt.id == SittingEvent.attempt_id)
        .where(SittingEvent.organisation_id == organisation_id, Attempt.account_id == account_id)
        .order_by(SittingEvent.id)
    )
    found: dict[int, list[Told]] = {}
    for attempt_id, kind, position, happened_at in rows:
        found.setdefault(attempt_id, []).append(Told(kind=kind, position=position, happened_at=happened_at))
    return found


def _tasks(session: Session, organisation_id: int, account_id: int) -> tuple[Task, ...]:
    rows = session.execute(
        select(CoachingTask, Release.title, Account.name)
        .join(Attempt, Attempt.id == CoachingTask.attempt_id)
        .join(Release, Release.id == Attempt.release_id)
        .outerjoin(Account, Account.id == CoachingTask.done_by)
        .where(CoachingTask.organisation_id == organisation_id, CoachingTask.account_id == account_id)
        .order_by(CoachingTask.done_at.is_not(None), CoachingTask.id)
    )
    return tuple(
        Task(
            id=task.id,
            topic=task.topic,
            title=title,
            made_at=task.made_at,
            done_at=task.done_at,
            done_by=done_by,
            note=task.note,
        )
        for task, title, done_by in rows
    )
