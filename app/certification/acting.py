"""A medical director's acts on one certification: suspend, reinstate and revoke it, with password and reason."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.models import CertificationEvent
from app.errors import NotFoundError, RefusedError
from app.people import service as people
from app.people.permissions import Action, Actor

AHEAD = timedelta(days=366)  # how far an act may be set
WHY_SUSPEND = {
    "adverse_event": "An adverse event",
    "unsafe_practice": "Unsafe practice was seen",
    "inquiry": "Until an inquiry is done",
    "evidence": "Something that it rests on is in doubt",
    "own_wish": "The technician asked for it",
    "other": "Another reason",
}
WHY_REINSTATE = {
    "cleared": "The inquiry found nothing against it",
    "retrained": "Retrained and observed",
    "mistake": "It was suspended by mistake",
    "other": "Another reason",
}
WHY_REVOKE = {
    "adverse_event": "An adverse event",
    "unsafe_practice": "Unsafe practice was seen",
    "fraud": "It was obtained by deceit",
    "other": "Another reason",
}
CODES = {EventKind.SUSPENDED: WHY_SUSPEND, EventKind.REINSTATED: WHY_REINSTATE, EventKind.REVOKED: WHY_REVOKE}


def act(
    session: Session,
    *,
    actor: Actor,
    certification_id: int,
    change: Change,
    password: str,
    today: date,
    now: datetime,
) -> CertificationEvent:
    """Suspend, reinstate or revoke a certification, from today on or a later day: what was told of a day stays true."""
    if not actor.can(Action.CHANGE_CERTIFICATION):
        raise NotFoundError
    check_words(change.kind, effective_on=change.effective_on, reason_code=change.reason_code, today=today)
    people.check_password(session, account_id=actor.account_id, password=password)
    return change_certification(session, actor=actor, certification_id=certification_id, change=change, now=now)


def check_words(kind: EventKind, *, effective_on: date, reason_code: str, today: date) -> None:
    """Refuse a day that has passed or lies too far ahead, and a reason that is not of the list."""
    if not today <= effective_on <= today + AHEAD:
        raise RefusedError("Choose today or a day of the coming year. When it happened, say in the reason.")
    if reason_code not in CODES.get(kind, {}):
        raise RefusedError("Choose the reason from the list.")
