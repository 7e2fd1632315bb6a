"""Deciding on a certification and what happens to it afterwards: every event is written here, once."""

import secrets
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import dates, numbers, queries, scope
from app.certification.lifecycle import EventKind, suspensions
from app.certification.models import Certification, CertificationEvent
from app.certification.queries import Held
from app.certification.scope import Cell
from app.certification.standing import Standing, standing
from app.clock import day_in
from app.content.values import Scheme
from app.errors import NotFoundError, RefusedError
from app.learning.queries import Acceptance
from app.people import queries as people_queries
from app.people import service as people
from app.people.permissions import Actor
from app.releases import queries as releases
from app.releases.manifest import scheme_of

# Of `CertificationEvent.reason_code`: evidence from outside stood for a requirement.
FROM_OUTSIDE = "outside_evidence"


def decide(
    session: Session, *, organisation_id: int, account_id: int, course_id: str, as_of: datetime, now: datetime
) -> Certification | None:
    """Issue or renew a certification if every requirement is met now; None where something is missing.

    The caller holds the person's lock, so that of two last requirements the second one decides, once.
    """
    zone = people_queries.get_organisation(session, organisation_id).time_zone
    try:
        where = standing(
            session,
            organisation_id=organisation_id,
            account_id=account_id,
            zone=zone,
            course_id=course_id,
            now=now,
        )
    except NotFoundError:
        return None
    earned = (where.earning is not None and bool(where.earning.passed)) or "exam" in _accepted(where)
    if not (where.assessment.met and earned and now >= where.period_start_at):
        return None
    # Held to the end of the transaction: what is certified here was not withdrawn before.
    withdrawn = releases.withdrawals(session, organisation_id, where.release.id, hold=True)
    if withdrawn.whole:
        return None
    cells = scope.to_json(queries.cells_of(where.release, withdrawn.facts))
    effective_on = day_in(zone, as_of)
    if where.held is None or where.state.state in queries.FINAL:
        certification = _issue(session, where, account_id, cells)
        period = _first_period(scheme_of(where.release.manifest), effective_on)
        kind = EventKind.ISSUED
    else:
        certification = where.held.certification
        period = _renewed_period(scheme_of(where.release.manifest), where, effective_on)
        kind = EventKind.RENEWED
    _add_event(
        session,
        certification,
        kind,
        effective_on=effective_on,
        now=now,
        period=period,
        attempt_id=where.earning.id if where.earning and where.earning.passed else None,
        reason_code=FROM_OUTSIDE if where.accepted else None,
        reason=_rests_on(where),
        release_id=where.release.id,
        cells=cells,
    )
    return certification


def change_certification(
    session: Session,
    *,
    actor: Actor,
    certification_id: int,
    kind: EventKind,
    effective_on: date,
    reason_code: str,
    reason: str,
    now: datetime,
    cells: Collection[Cell] | None = None,
    lifts: int | None = None,
    interlock_id: int | None = None,
) -> CertificationEvent:
    """Suspend, reinstate, revoke or supersede a certification, with code and words of the reason.

    Suspending and reinstating may concern `cells` alone (None: all); a reinstatement may lift one suspension, by its
    event's id (None: every one).
    """
    held = queries.get_held(session, certification_id, actor.organisation_id)
    people.lock_person(session, held.certification.account_id)
    held = queries.get_held(session, certification_id, actor.organisation_id)
    concerned = _concerned(held, kind, effective_on, cells, lifts, now)
    if not 3 <= len(reason.strip()) <= 500:
        raise RefusedError("Give the reason in 3 to 500 characters.")
    return _add_event(
        session,
        held.certification,
        kind,
        effective_on=effective_on,
        now=now,
        actor_id=actor.account_id,
        reason_code=reason_code,
        reason=reason.strip(),
        cells=None if concerned is None else scope.to_json(concerned),
        lifts_id=lifts,
        interlock_id=interlock_id,
    )


def _concerned(  # noqa: PLR0917  what decides whether an act is possible, in the order of the question
    held: Held, kind: EventKind, on: date, cells: Collection[Cell] | None, lifts: int | None, now: datetime
) -> list[scope.GrantedCell] | None:
    """Return the granted cells that an act concerns (None: all); RefusedError where it is not possible on that day."""
    state, standing_ones = held.on(on, now), suspensions(held.events, on, now)
    refused = RefusedError(f"A certification that is {state.state.value} cannot be {kind.value}.")
    lifted = [one for one in standing_ones if lifts in (None, one.event_id)]
    allowed = {
        EventKind.SUSPENDED: cells is not None or not any(one.of_all for one in standing_ones),
        EventKind.REINSTATED: bool(lifted),
        EventKind.REVOKED: cells is None,
        EventKind.SUPERSEDED: cells is None,
    }
    if state.state in queries.FINAL or not allowed.get(kind, False):
        raise refused
    if cells is None:
        return None
    known = {one.cell: one for one in state.cells}
    if kind is EventKind.REINSTATED:
        known = {cell: one for cell, one in known.items() if any(each.holds(cell) for each in lifted)}
    if not cells or not set(cells) <= known.keys():
        raise RefusedError("Choose from the cells of the certification; load the page again if they changed.")
    return [known[cell] for cell in sorted(cells)]


def _issue(session: Session, where: Standing, account_id: int, cells: list[dict[str, Any]]) -> Certification:
    release = where.release
    account = people_queries.get_account(session, release.organisation_id, account_id)
    organisation = people_queries.get_organisation(session, release.organisation_id)
    certification = Certification(
        organisation_id=release.organisation_id,
        account_id=account_id,
        course_id=release.course_id,
        ordinal=where.held.certification.ordinal + 1 if where.held else 1,
        number=numbers.format_number(secrets.token_bytes(numbers.RANDOM_BYTES)),
        name=account.name,
        release_id=release.id,
        scheme=_frozen_scheme(where, organisation.name),
        cells=cells,
    )
    session.add(certification)
    session.flush()
    return certification


def _frozen_scheme(where: Standing, issuer: str) -> dict[str, Any]:
    """Return what a certification keeps of its scheme for ever: names, edition, disclaimer, issuer, devices.

    With them, the certifications that it rests on: where one of them lapses, this one counts as suspended.
    """
    release = where.release
    scheme = release.manifest["scheme"]
    return {
        "title": scheme["title"],
        "edition": release.edition,
        "disclaimer": scheme["disclaimer"],
        "issuer": issuer,
        "devices": release.manifest["devices"],
        # What evidence from outside stands for is not looked at again: it has no state of its own here.
        "requires": [
            {"course": one.course_id, "title": one.title}
            for one in where.required
            if f"certification:{one.course_id}" not in _accepted(where)
        ],
        **({"evidence": [_frozen(one) for one in where.accepted]} if where.accepted else {}),
    }


def _frozen(one: Acceptance) -> dict[str, Any]:
    """Return what a certification keeps of evidence that it rests on."""
    said = {"id": one.evidence_id, "issuer": one.issuer, "number": one.number, "title": one.title}
    return {**said, "for": sorted(one.requirements)}


def _accepted(where: Standing) -> frozenset[str]:
    """Return the requirements that evidence from outside stands for."""
    return frozenset(key for one in where.accepted for key in one.requirements)


def _rests_on(where: Standing) -> str | None:
    """Return in words which evidence from outside a decision rests on, or None."""
    told = "; ".join(f"{one.title}, {one.issuer}, {one.number}" for one in where.accepted)
    return f"Rests on evidence from outside: {told}"[:500] if told else None


def _first_period(scheme: Scheme, on: date) -> dates.Period:
    return dates.first_period(
        on,
        validity_months=scheme.validity_months,
        grace_days=scheme.grace_days,
        renewal_window_days=scheme.renewal_window_days,
        expiry_basis=scheme.expiry_basis,
    )


def _renewed_period(scheme: Scheme, where: Standing, on: date) -> dates.Period:
    previous, first_issued_on = where.state.latest_period, where.state.first_issued_on
    if previous is None or first_issued_on is None:
        return _first_period(scheme, on)
    return dates.renewed_period(
        on,
        first_issued_on=first_issued_on,
        previous=previous,
        validity_months=scheme.validity_months,
        grace_days=scheme.grace_days,
        renewal_window_days=scheme.renewal_window_days,
        expiry_basis=scheme.expiry_basis,
    )


def _add_event(
    session: Session,
    certification: Certification,
    kind: EventKind,
    *,
    effective_on: date,
    now: datetime,
    period: dates.Period | None = None,
    actor_id: int | None = None,
    reason_code: str | None = None,
    reason: str | None = None,
    attempt_id: int | None = None,
    release_id: int | None = None,
    cells: list[dict[str, Any]] | None = None,
    lifts_id: int | None = None,
    interlock_id: int | None = None,
) -> CertificationEvent:
    event = CertificationEvent(
        organisation_id=certification.organisation_id,
        certification_id=certification.id,
        kind=kind.value,
        effective_on=effective_on,
        recorded_at=now,
        actor_id=actor_id,
        reason_code=reason_code,
        reason=reason,
        attempt_id=attempt_id,
        release_id=release_id,
        cells=cells,
        lifts_id=lifts_id,
        interlock_id=interlock_id,
        **(asdict(period) if period else {}),
    )
    session.add(event)
    session.flush()
    _tell(session, certification, event)
    return event


def _tell(session: Session, certification: Certification, event: CertificationEvent) -> None:
    """Write an event's entry; of a suspension or its end it tells the cells and the acts that it belongs to."""
    kind, more = EventKind(event.kind), {}
    if kind in (EventKind.SUSPENDED, EventKind.REINSTATED):
        more = {"cells": event.cells, "lifts": event.lifts_id, "interlock": event.interlock_id}
    trail.record(
        session,
        organisation_id=certification.organisation_id,
        kind=f"certification.{kind.value}",
        subject=f"certification:{certification.id}",
        actor_id=event.actor_id,
        account_id=certification.account_id,
        now=event.recorded_at,
        detail={
            "number": certification.number,
            "effective_on": event.effective_on.isoformat(),
            "last_on": event.last_on.isoformat() if event.last_on else None,
            "attempt": event.attempt_id,
            "release": event.release_id,
            "reason_code": event.reason_code,
            "reason": event.reason,
            **more,
        },
    )
