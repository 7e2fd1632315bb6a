"""Noting who reads the training record of somebody else, once a reader and day, so that the person can see it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification.record_models import RecordReading
from app.people import queries as people_queries
from app.people import service as people
from app.people.permissions import Action, Actor


def note_reading(session: Session, *, actor: Actor, account_id: int, today: date, now: datetime) -> bool:
    """Note that the actor reads a person's record today; False where it stands already, or the record is their own.

    NotFoundError for a person whose record is not the actor's to read.
    """
    people_queries.member(session, actor.organisation_id, account_id, actor.clinics(Action.READ_RECORD))
    people.lock_person(session, actor.account_id)
    if account_id == actor.account_id or has_read(session, actor=actor, account_id=account_id, today=today):
        return False
    reading = RecordReading(
        organisation_id=actor.organisation_id,
        account_id=account_id,
        reader_id=actor.account_id,
        read_on=today,
        read_at=now,
    )
    session.add(reading)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="training_record.read",
        subject=f"account:{account_id}",
        actor_id=actor.account_id,
        account_id=account_id,
        now=now,
        detail={"read_on": today.isoformat()},
    )
    return True


def has_read(session: Session, *, actor: Actor, account_id: int, today: date) -> bool:
    """Tell whether the actor's reading of a person's record today is noted."""
    query = select(RecordReading.id).where(
        RecordReading.organisation_id == actor.organisation_id,
        RecordReading.account_id == account_id,
        RecordReading.reader_id == actor.account_id,
        RecordReading.read_on == today,
    )
    return session.scalar(query) is not None
