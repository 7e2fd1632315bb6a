"""What happens to a certification is written here: its event, with the entry in the trail."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import dates
from app.certification.lifecycle import EventKind
from app.certification.models import Certification, CertificationEvent
from app.certification.practice_queries import Attested


def add_event(
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
    practice: Sequence[Attested] = (),
    lifts_id: int | None = None,
    interlock_id: int | None = None,
) -> CertificationEvent:
    """Add what happened to a certification, with its entry in the trail; `period` where it begins one."""
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
    _tell(session, certification, event, [one.sign_off.id for one in practice])
    return event


def _tell(session: Session, certification: Certification, event: CertificationEvent, sign_offs: list[int]) -> None:
    """Write an event's entry: of an extension with its cells, of a suspension or its end with the acts as well."""
    kind, more = EventKind(event.kind), dict[str, Any]()
    if kind is EventKind.SCOPE_EXTENDED:
        more = {"cells": event.cells}
    if kind in (EventKind.SUSPENDED, EventKind.REINSTATED):
        more = {"cells": event.cells, "lifts": event.lifts_id, "interlock": event.interlock_id}
    trail.record(
        session,
        organisation_id=certification.organisation_id,
        kind=f"certification.{event.kind}",
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
            "sign_offs": sign_offs,
            **more,
        },
    )
