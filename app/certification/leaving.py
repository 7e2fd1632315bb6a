"""Leaving a role: nobody steps out of an exam by it, and reads the keys of what they sit."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.exams.queries import is_sitting
from app.people import queries, service
from app.people.permissions import Action, Actor


def end_role(session: Session, *, actor: Actor, account_id: int, grant_id: int, now: datetime) -> None:
    """Take a role away from a person; not the one by which they sit an exam that is not over."""
    service.end_role(session, actor=actor, account_id=account_id, grant_id=grant_id, now=now)
    session.flush()
    account = queries.get_account(session, actor.organisation_id, account_id)
    if not queries.actor_of(session, account).can(Action.LEARN) and is_sitting(session, account_id, now):
        raise RefusedError(
            f"{account.name} is sitting an exam. End this role after it, or disable the account: that ends the exam."
        )
