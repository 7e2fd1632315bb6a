"""What people do to a certification: suspend it, give it back, revoke it, supersede it, with a reason."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.certification import deciding, queries, scope
from app.certification.events import add_event
from app.certification.lifecycle import EventKind, suspensions
from app.certification.models import CertificationEvent
from app.certification.queries import Held
from app.certification.scope import Cell
from app.errors import RefusedError
from app.people import service as people
from app.people.names import clean_reason
from app.people.permissions import Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is done to a certification, from which day on, with code and words of the reason.

    Suspending and giving back may concern `cells` alone (None: all); giving back may lift one suspension, by its
    event's id (None: every one).
    """

    kind: EventKind
    effective_on: date
    reason_code: str
    reason: str
    cells: Collection[Cell] | None = None
    lifts: int | None = None


def change_certification(
    session: Session, *, actor: Actor, certification_id: int, change: Change, now: datetime
) -> CertificationEvent:
    """Change a certification, and decide what waited for it; RefusedError where it is not possible on that day."""
    held = queries.get_held(session, certification_id, actor.organisation_id)
    people.lock_person(session, held.certification.account_id)
    held = queries.get_held(session, certification_id, actor.organisation_id)
    event = change_held(session, actor=actor, held=held, change=change, now=now)
    if change.kind is EventKind.REINSTATED:
        follow(session, actor.organisation_id, [held], now)
    return event


def change_held(
    session: Session, *, actor: Actor, held: Held, change: Change, now: datetime, interlock_id: int | None = None
) -> CertificationEvent:
    """Change a certification whose holder the caller locked before reading it: one of many in one act.

    Once all of them are given back, the caller decides what waited for them: `follow`.
    """
    if change.kind is EventKind.REINSTATED and held.certification.account_id == actor.account_id:
        raise RefusedError("This is your own certification; another medical director gives it back.")
    concerned = _concerned(held, change, now)
    return add_event(
        session,
        held.certification,
        change.kind,
        effective_on=change.effective_on,
        now=now,
        actor_id=actor.account_id,
        reason_code=change.reason_code,
        reason=clean_reason(change.reason),
        cells=None if concerned is None else scope.to_json(concerned),
        lifts_id=change.lifts,
        interlock_id=interlock_id,
    )


def follow(session: Session, organisation_id: int, given_back: Iterable[Held], now: datetime) -> None:
    """Decide what waited for certifications that are given back."""
    stands = [(one.certification.account_id, one.certification.course_id) for one in given_back]
    deciding.follow(session, organisation_id=organisation_id, stands=stands, as_of=now, now=now)


def _concerned(held: Held, change: Change, now: datetime) -> list[scope.GrantedCell] | None:
    """Return the granted cells that a change concerns (None: all); RefusedError where it is not possible then."""
    kind, cells = change.kind, change.cells
    state = held.on(change.effective_on, now)
    standing_ones = suspensions(held.events, change.effective_on, now)
    lifted = [one for one in standing_ones if change.lifts in (None, one.event_id)]
    allowed = {
        EventKind.SUSPENDED: cells is not None or not any(one.of_all for one in standing_ones),
        EventKind.REINSTATED: bool(lifted),
        EventKind.REVOKED: cells is None,
        EventKind.SUPERSEDED: cells is None,
    }
    if state.state in queries.FINAL or not allowed.get(kind, False):
        raise RefusedError(f"A certification that is {state.state.value} cannot be {kind.value}.")
    if cells is None:
        return None
    known = {one.cell: one for one in state.cells}
    if kind is EventKind.REINSTATED:
        known = {cell: one for cell, one in known.items() if any(each.holds(cell) for each in lifted)}
    if not cells or not set(cells) <= known.keys():
        raise RefusedError("Choose from the cells of the certification; load the page again if they changed.")
    return [known[cell] for cell in sorted(cells)]
