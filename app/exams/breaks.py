"""Breaks in an attempt of who was granted them: the clock stands still, and no item is shown or saved."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.exams import queries, timing
from app.exams.models import Attempt, AttemptBreak
from app.people.permissions import Actor


def take(session: Session, *, actor: Actor, attempt_id: int, now: datetime) -> Attempt:
    """Begin the next break of one's running attempt; the one that runs goes on."""
    attempt = _held(session, actor, attempt_id)
    if timing.on_break(attempt.break_ends_at, now):
        return attempt
    pause = timing.begin_break(
        timing.terms_of(attempt.terms),
        taken=attempt.breaks_taken,
        break_ends_at=attempt.break_ends_at,
        deadline_at=attempt.deadline_at,
        now=now,
    )
    if pause is None or attempt.closed_at is not None:
        raise RefusedError("There is no break left in this exam. Go on with the questions.")
    attempt.breaks_taken += 1
    attempt.break_ends_at, attempt.deadline_at = pause.ends_at, pause.deadline_at
    session.add(
        AttemptBreak(attempt_id=attempt.id, number=attempt.breaks_taken, started_at=now, latest_at=pause.ends_at)
    )
    _tell(session, attempt, "attempt.break_started", now)
    return attempt


def come_back(session: Session, *, actor: Actor, attempt_id: int, now: datetime) -> int:
    """Come back from a break, or go on after one that is over; return the first item that is not answered."""
    attempt = _held(session, actor, attempt_id)
    if attempt.closed_at is None and timing.on_break(attempt.break_ends_at, now):
        attempt.deadline_at = timing.deadline_after(attempt.deadline_at, attempt.break_ends_at, now)
        attempt.break_ends_at = now
        session.get_one(AttemptBreak, (attempt.id, attempt.breaks_taken)).ended_at = now
        _tell(session, attempt, "attempt.break_ended", now)
    return next((mark.position for mark in queries.marks(session, attempt.id) if not mark.answered), 1)


def breaks_of(session: Session, attempt: Attempt) -> Sequence[dict[str, Any]]:
    """Return the breaks of a closed attempt as values; one that nobody ended was over at its latest."""
    rows = session.scalars(
        select(AttemptBreak).where(AttemptBreak.attempt_id == attempt.id).order_by(AttemptBreak.number)
    )
    over = attempt.closed_at or attempt.deadline_at
    return [
        {
            "number": row.number,
            "started_at": row.started_at.isoformat(),
            "ended_at": (row.ended_at or min(row.latest_at, over)).isoformat(),
            "came_back": row.ended_at is not None,
        }
        for row in rows
    ]


def _held(session: Session, actor: Actor, attempt_id: int) -> Attempt:
    """Return one's own attempt, locked: a save, a break and a submit follow each other."""
    attempt = session.scalar(
        select(Attempt)
        .where(
            Attempt.organisation_id == actor.organisation_id,
            Attempt.account_id == actor.account_id,
            Attempt.id == attempt_id,
        )
        .with_for_update()
    )
    if attempt is None:
        raise NotFoundError
    return attempt


def _tell(session: Session, attempt: Attempt, kind: str, now: datetime) -> None:
    trail.record(
        session,
        organisation_id=attempt.organisation_id,
        kind=kind,
        subject=f"attempt:{attempt.id}",
        actor_id=attempt.account_id,
        account_id=attempt.account_id,
        now=now,
        detail={"number": attempt.breaks_taken, "deadline_at": attempt.deadline_at.isoformat()},
    )
