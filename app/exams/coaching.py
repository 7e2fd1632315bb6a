"""Critical items that somebody answered wrongly and was sure of: a task to talk about, told by topic, never by key."""

from datetime import datetime
from fractions import Fraction

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.db import table_of
from app.errors import NotFoundError, RefusedError
from app.exams import queries, replay
from app.exams.models import Attempt, CoachingTask, PaperItem
from app.exams.queries import Asked
from app.exams.regrading import Correction, credit_of
from app.exams.responses import Certainty
from app.people import queries as people
from app.people.permissions import Action, Actor

CORRECTED = "The key of this question was wrong; by the corrected one the answer counts."


def note_tasks(session: Session, *, attempt: Attempt, now: datetime) -> int:
    """Write down what is to be talked about of a closed attempt; return how much. Nothing where nobody was asked."""
    if not attempt.asks_certainty:
        return 0
    known = replay.corrections(session, attempt.organisation_id)
    tasks = [
        {
            "organisation_id": attempt.organisation_id,
            "account_id": attempt.account_id,
            "attempt_id": attempt.id,
            "position": asked.position,
            "topic": asked.shown["topic"],
            "made_at": now,
        }
        for asked in queries.paper(session, attempt.id)
        if is_sure_and_wrong(asked, known.get(asked.item_hash))
    ]
    if tasks:
        session.execute(insert(table_of(CoachingTask)), tasks)
    return len(tasks)


def is_sure_and_wrong(asked: Asked, correction: Correction | None = None) -> bool:
    """Tell whether a critical item was answered with less than full credit, as corrected, by somebody who was sure."""
    if not asked.critical or asked.certainty != Certainty.SURE or not asked.chosen:
        return False
    earned = credit_of(queries.answered(asked, correction))
    return earned is not None and earned < Fraction(1)


def end_corrected(session: Session, *, actor: Actor, item_hash: str, correction: Correction, now: datetime) -> int:
    """End the open tasks about an item whose answers turned out right by its corrected key; return how many."""
    rows = session.execute(
        select(CoachingTask)
        .join(
            PaperItem,
            (PaperItem.attempt_id == CoachingTask.attempt_id) & (PaperItem.position == CoachingTask.position),
        )
        .where(
            CoachingTask.organisation_id == actor.organisation_id,
            CoachingTask.done_at.is_(None),
            PaperItem.item_hash == item_hash,
        )
        .order_by(CoachingTask.id)
    )
    ended = 0
    for (task,) in rows.all():
        asked = next(one for one in queries.paper(session, task.attempt_id) if one.position == task.position)
        if not is_sure_and_wrong(asked, correction):
            task.done_at, task.done_by, task.note = now, actor.account_id, CORRECTED
            _tell_done(session, task, actor, now)
            ended += 1
    return ended


def finish_task(session: Session, *, actor: Actor, account_id: int, task_id: int, note: str, now: datetime) -> None:
    """Say that a task was talked over, with a note; doing it again changes nothing."""
    people.member(session, actor.organisation_id, account_id, actor.clinics(Action.FOLLOW_UP))
    mine = (
        CoachingTask.organisation_id == actor.organisation_id,
        CoachingTask.account_id == account_id,
        CoachingTask.id == task_id,
    )
    task = session.scalar(select(CoachingTask).where(*mine))
    if task is None:
        raise NotFoundError
    if account_id == actor.account_id:
        raise RefusedError("Somebody else talks this over with you.")
    note = note.strip()
    if not 3 <= len(note) <= 500:
        raise RefusedError("Write down what you talked about, in 3 to 500 characters.")
    done = session.execute(
        update(CoachingTask)
        .where(*mine, CoachingTask.done_at.is_(None))
        .values(done_at=now, done_by=actor.account_id, note=note)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts its rows
        return
    session.refresh(task)
    _tell_done(session, task, actor, now)


def _tell_done(session: Session, task: CoachingTask, actor: Actor, now: datetime) -> None:
    trail.record(
        session,
        organisation_id=task.organisation_id,
        kind="coaching.done",
        subject=f"coaching_task:{task.id}",
        actor_id=actor.account_id,
        account_id=task.account_id,
        now=now,
        detail={"attempt": task.attempt_id, "topic": task.topic, "note": task.note},
    )
