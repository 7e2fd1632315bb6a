"""Suspending or revoking several certifications at once: one person proposes, a second one confirms with password."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import queries
from app.certification.acting import check_words
from app.certification.changing import Change, change_held
from app.certification.lifecycle import EventKind
from app.certification.models import BulkChange, BulkDecision
from app.errors import NotFoundError, RefusedError
from app.people import queries as people_queries
from app.people import service as people
from app.people.names import clean_reason
from app.people.permissions import Action, Actor

KINDS = (EventKind.SUSPENDED, EventKind.REVOKED)
MOST = 200  # that a second person can look through


def propose(
    session: Session,
    *,
    actor: Actor,
    kind: EventKind,
    certification_ids: Collection[int],
    effective_on: date,
    reason_code: str,
    reason: str,
    password: str,
    today: date,
    now: datetime,
) -> BulkChange:
    """Propose to suspend or revoke several certifications; nothing happens to them until a second person confirms."""
    chosen = sorted(set(certification_ids))
    if not actor.can(Action.CHANGE_MANY):
        raise NotFoundError
    if kind not in KINDS:
        raise RefusedError("Choose whether to suspend or to revoke.")
    if not 1 <= len(chosen) <= MOST:
        raise RefusedError(f"Choose from 1 to {MOST} certifications.")
    check_words(kind, effective_on=effective_on, reason_code=reason_code, today=today)
    reason = clean_reason(reason)
    people.check_password(session, account_id=actor.account_id, password=password)
    if {one.certification.id for one in queries.held_among(session, actor.organisation_id, chosen)} != set(chosen):
        raise NotFoundError
    made = BulkChange(
        organisation_id=actor.organisation_id,
        kind=kind.value,
        certification_ids=chosen,
        effective_on=effective_on,
        reason_code=reason_code,
        reason=reason,
        account_id=actor.account_id,
        proposed_at=now,
    )
    session.add(made)
    session.flush()
    told = {"act": made.kind, "certifications": chosen, "effective_on": effective_on.isoformat()}
    _tell(session, "bulk_change.proposed", made, actor, now, **told, reason_code=reason_code, reason=made.reason)
    return made


def confirm(
    session: Session, *, actor: Actor, bulk_change_id: int, password: str, today: date, now: datetime
) -> tuple[int, int]:
    """Do what another person proposed; return how many certifications changed, and how many could not any more.

    One of the two is a medical director. A day that has passed since it was proposed becomes today.
    """
    found = waiting(session, actor, bulk_change_id)
    if found.account_id == actor.account_id:
        raise RefusedError("You proposed this: a second person confirms it.")
    _need_a_director(session, actor, found)
    people.check_password(session, account_id=actor.account_id, password=password)
    among = partial(queries.held_among, session, actor.organisation_id, found.certification_ids)
    people.lock_people(session, [one.certification.account_id for one in among()])
    holders = among()
    changed = sum(_change(session, actor, found, one, max(found.effective_on, today), now=now) for one in holders)
    _decide(session, actor, found, confirmed=True, changed=changed, now=now)
    return changed, len(holders) - changed


def withdraw(session: Session, *, actor: Actor, bulk_change_id: int, now: datetime) -> None:
    """Take a proposal back; nothing happens to the certifications. Nobody takes back what is proposed of their own."""
    if not actor.can(Action.CHANGE_MANY):
        raise NotFoundError
    found = waiting(session, actor, bulk_change_id)
    among = queries.held_among(session, actor.organisation_id, found.certification_ids)
    if any(one.certification.account_id == actor.account_id for one in among):
        raise RefusedError("It is about a certification of yours; somebody else takes it back.")
    _decide(session, actor, found, confirmed=False, changed=0, now=now)


def waiting(session: Session, actor: Actor, bulk_change_id: int) -> BulkChange:
    """Return a proposal of this organisation that nobody has decided, held to the end of the transaction."""
    found = session.scalar(
        select(BulkChange)
        .where(BulkChange.organisation_id == actor.organisation_id, BulkChange.id == bulk_change_id)
        .with_for_update()
    )
    if found is None:
        raise NotFoundError
    if session.scalar(select(BulkDecision.bulk_change_id).where(BulkDecision.bulk_change_id == found.id)):
        raise RefusedError("This was decided before. Load the page again.")
    return found


def listed(session: Session, organisation_id: int) -> Sequence[tuple[BulkChange, BulkDecision | None]]:
    """Return all proposals, the latest first, each with what became of it."""
    query = (
        select(BulkChange, BulkDecision)
        .outerjoin(BulkDecision, BulkDecision.bulk_change_id == BulkChange.id)
        .where(BulkChange.organisation_id == organisation_id)
        .order_by(BulkChange.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _need_a_director(session: Session, actor: Actor, found: BulkChange) -> None:
    proposer = people_queries.actor_of(
        session, people_queries.get_account(session, found.organisation_id, found.account_id)
    )
    if not (actor.can(Action.CHANGE_CERTIFICATION) or proposer.can(Action.CHANGE_CERTIFICATION)):
        raise RefusedError("One of the two has to be a medical director: ask one to confirm it.")


def _change(
    session: Session, actor: Actor, found: BulkChange, one: queries.Held, effective_on: date, *, now: datetime
) -> bool:
    """Change one certification of several; False where it cannot be any more, as when it was revoked since."""
    change = Change(
        kind=EventKind(found.kind), effective_on=effective_on, reason_code=found.reason_code, reason=found.reason
    )
    try:
        change_held(session, actor=actor, held=one, change=change, now=now)
    except RefusedError:
        return False
    return True


def _decide(session: Session, actor: Actor, found: BulkChange, *, confirmed: bool, changed: int, now: datetime) -> None:
    session.add(
        BulkDecision(
            bulk_change_id=found.id,
            organisation_id=found.organisation_id,
            confirmed=confirmed,
            changed=changed,
            account_id=actor.account_id,
            decided_at=now,
        )
    )
    session.flush()
    _tell(session, f"bulk_change.{'confirmed' if confirmed else 'withdrawn'}", found, actor, now, changed=changed)


def _tell(session: Session, kind: str, one: BulkChange, actor: Actor, now: datetime, **detail: Any) -> None:
    trail.record(
        session,
        organisation_id=one.organisation_id,
        kind=kind,
        subject=f"bulk_change:{one.id}",
        actor_id=actor.account_id,
        now=now,
        detail=detail,
    )
