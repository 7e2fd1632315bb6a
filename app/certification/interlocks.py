"""Interlocks: one act that holds the matching cells of all who hold them, at once, and one that gives them back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import deciding, queries
from app.certification.changing import Change, change_held, follow
from app.certification.holds import Matching
from app.certification.lifecycle import CARRIES, EventKind, State, suspensions
from app.certification.models import Certification, CertificationEvent, Interlock, InterlockLift
from app.certification.queries import Held
from app.certification.scope import SKIN_TYPES, Cell
from app.errors import NotFoundError, RefusedError
from app.people import queries as people_queries
from app.people import service as people
from app.people.names import clean_reason
from app.people.permissions import Action, Actor

OUT_OF_USE = "device_out_of_use"
WHY = {OUT_OF_USE: "A device is out of use", "adverse_event": "An adverse event"}
OVER = "interlock_lifted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A certification that an interlock hits, with those of its cells that it holds."""

    held: Held
    cells: tuple[Cell, ...]


def hits(session: Session, actor: Actor, matching: Matching, *, day: date, now: datetime) -> list[Hit]:
    """Return what an interlock would hold: matching cells that a certification grants that is in force or suspended.

    What expired, was revoked or replaced holds nothing any more. One query, two for a clinic; NotFoundError for a
    clinic where the actor may not do this.
    """
    within = actor.clinics(Action.INTERLOCK)
    if within is not None and matching.clinic_id not in within:
        raise NotFoundError
    accounts = None
    if matching.clinic_id is not None:
        accounts = dict(people_queries.technicians_of(session, actor.organisation_id, matching.clinic_id, None))
    found = []
    for held in queries.held_in(session, actor.organisation_id, accounts):
        state = held.on(day, now)
        if state.state in (*CARRIES, State.SUSPENDED):
            cells = tuple(one.cell for one in state.cells if matching.matches(one.cell))
            found.extend([Hit(held=held, cells=cells)] if cells else [])
    return found


def interlock(
    session: Session,
    *,
    actor: Actor,
    matching: Matching,
    reason_code: str,
    reason: str,
    password: str,
    day: date,
    now: datetime,
) -> tuple[Interlock, int]:
    """Hold the matching cells of all who hold them, today; return the act and how many certifications it hit.

    One person is enough: it must work at once. It can be lifted, and then gives back exactly what it held.
    """
    _check(matching, reason_code)
    people.check_password(session, account_id=actor.account_id, password=password)
    hit = [one.held.certification.account_id for one in _hit(session, actor, matching, day, now)]
    people.lock_people(session, hit)  # before the interlocks, as who grants does
    queries.hold_interlocks(session, actor.organisation_id, changing=True)
    found = _hit(session, actor, matching, day, now)
    made = Interlock(
        organisation_id=actor.organisation_id,
        clinic_id=matching.clinic_id,
        device=matching.device,
        procedure=matching.procedure,
        skin_types=sorted(matching.skin_types),
        reason_code=reason_code,
        reason=clean_reason(reason),
        account_id=actor.account_id,
        set_at=now,
    )
    session.add(made)
    session.flush()
    suspends = Change(kind=EventKind.SUSPENDED, effective_on=day, reason_code=reason_code, reason=made.reason)
    for one in found:
        change_held(
            session,
            actor=actor,
            held=one.held,
            change=replace(suspends, cells=one.cells),
            now=now,
            interlock_id=made.id,
        )
    _tell(session, "interlock.set", made, actor, now, **_told(matching), reason=made.reason, hit=len(found))
    return made, len(found)


def lift(
    session: Session, *, actor: Actor, interlock_id: int, reason: str, password: str, day: date, now: datetime
) -> int:
    """Give back exactly what an interlock held and nobody has given back since; return on how many certifications.

    A medical director decides that it is safe again: who set it at a clinic is not always one.
    """
    found = get(session, actor.organisation_id, interlock_id)
    if not actor.can(Action.CHANGE_CERTIFICATION):
        raise NotFoundError
    people.check_password(session, account_id=actor.account_id, password=password)
    concerned = _concerned(session, actor.organisation_id, interlock_id)
    if actor.account_id in concerned:
        raise RefusedError("It holds a certification of yours; another medical director lifts it.")
    people.lock_people(session, concerned)
    deciding.hold_waiting(session, actor.organisation_id)
    queries.hold_interlocks(session, actor.organisation_id, changing=True)
    if session.get(InterlockLift, interlock_id):
        raise RefusedError("This interlock was lifted before.")
    row = InterlockLift(
        interlock_id=found.id,
        organisation_id=actor.organisation_id,
        reason=clean_reason(reason),
        account_id=actor.account_id,
        lifted_at=now,
    )
    session.add(row)
    session.flush()
    events, given_back = events_of(session, actor.organisation_id, interlock_id), list[Held]()
    among = queries.held_among(session, actor.organisation_id, {event.certification_id for event in events})
    by_id = {one.certification.id: one for one in among}
    gives_back = Change(kind=EventKind.REINSTATED, effective_on=day, reason_code=OVER, reason=row.reason)
    for event in events:
        held = by_id[event.certification_id]
        stands = any(one.event_id == event.id for one in suspensions(held.events, day, now))
        if not stands or held.on(day, now).state in queries.FINAL:
            continue
        change_held(
            session,
            actor=actor,
            held=held,
            change=replace(gives_back, lifts=event.id),
            now=now,
            interlock_id=found.id,
        )
        given_back.append(held)
    follow(session, actor.organisation_id, given_back, now)
    _tell(session, "interlock.lifted", found, actor, now, reason=row.reason, given_back=len(given_back))
    return len(given_back)


def get(session: Session, organisation_id: int, interlock_id: int) -> Interlock:
    """Return an interlock of this organisation; another's is not found."""
    query = select(Interlock).where(Interlock.organisation_id == organisation_id, Interlock.id == interlock_id)
    found = session.scalar(query)
    if found is None:
        raise NotFoundError
    return found


def listed(
    session: Session, organisation_id: int, within: Collection[int] | None
) -> Sequence[tuple[Interlock, InterlockLift | None]]:
    """Return the interlocks of the clinics `within` (None: all), the latest first, each with its end."""
    query = (
        select(Interlock, InterlockLift)
        .outerjoin(InterlockLift, InterlockLift.interlock_id == Interlock.id)
        .where(Interlock.organisation_id == organisation_id)
        .order_by(Interlock.id.desc())
    )
    if within is not None:
        query = query.where(Interlock.clinic_id.in_(within))
    return [(row[0], row[1]) for row in session.execute(query)]


def events_of(session: Session, organisation_id: int, interlock_id: int) -> Sequence[CertificationEvent]:
    """Return the suspensions that an interlock made."""
    query = select(CertificationEvent).where(
        CertificationEvent.organisation_id == organisation_id,
        CertificationEvent.interlock_id == interlock_id,
        CertificationEvent.kind == EventKind.SUSPENDED.value,
    )
    return session.scalars(query.order_by(CertificationEvent.id)).all()


def _hit(session: Session, actor: Actor, matching: Matching, day: date, now: datetime) -> list[Hit]:
    found = hits(session, actor, matching, day=day, now=now)
    if not found:
        raise RefusedError("Nobody holds such a cell: there is nothing to suspend.")
    return found


def _concerned(session: Session, organisation_id: int, interlock_id: int) -> list[int]:
    """Return whose certifications an interlock suspended."""
    query = (
        select(Certification.account_id)
        .join(CertificationEvent, CertificationEvent.certification_id == Certification.id)
        .where(CertificationEvent.organisation_id == organisation_id, CertificationEvent.interlock_id == interlock_id)
    )
    return list(session.scalars(query))


def _check(matching: Matching, reason_code: str) -> None:
    if reason_code not in WHY:
        raise RefusedError("Choose the reason from the list.")
    if matching.device is None and matching.procedure is None and not matching.skin_types:
        raise RefusedError("Choose a device, a procedure or a skin type.")
    if not matching.skin_types <= set(SKIN_TYPES):
        raise RefusedError("Choose skin types from I to VI.")


def _told(matching: Matching) -> dict[str, Any]:
    return {
        "device": matching.device,
        "procedure": matching.procedure,
        "skin_types": sorted(matching.skin_types),
        "clinic": matching.clinic_id,
    }


def _tell(session: Session, kind: str, one: Interlock, actor: Actor, now: datetime, **detail: Any) -> None:
    trail.record(
        session,
        organisation_id=one.organisation_id,
        kind=kind,
        subject=f"interlock:{one.id}",
        actor_id=actor.account_id,
        now=now,
        detail=detail,
    )
