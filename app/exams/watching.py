"""What a browser tells of a sitting: facts for a human to read, counted and timed, and nothing is decided by them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.db import table_of
from app.errors import RefusedError
from app.exams import queries, timing
from app.exams.models import SittingEvent
from app.people.permissions import Actor

MOST_EVENTS = 500  # of an attempt: more tell nothing new, and a script could send them without end


class EventKind(StrEnum):
    """What happened."""

    LEFT = "left_page"
    BACK = "came_back"
    COPIED = "copied"


def note(session: Session, *, actor: Actor, attempt_id: int, position: int | None, kind: str, now: datetime) -> bool:
    """Write down what a browser told of a person's open attempt; False when nothing more is written."""
    if kind not in set(EventKind):
        raise RefusedError("Tell what happened: left_page, came_back or copied.")
    attempt = queries.get_attempt(session, actor.organisation_id, attempt_id, actor.account_id)
    if timing.closed_at_of(attempt.closed_at, attempt.deadline_at, now) is not None:
        return False
    told = select(func.count()).where(
        SittingEvent.organisation_id == actor.organisation_id, SittingEvent.attempt_id == attempt_id
    )
    if (session.scalar(told) or 0) >= MOST_EVENTS:
        return False
    session.execute(
        insert(table_of(SittingEvent)),
        {
            "organisation_id": actor.organisation_id,
            "attempt_id": attempt_id,
            "position": position if position and position <= attempt.items else None,
            "kind": kind,
            "happened_at": now,
        },
    )
    return True
