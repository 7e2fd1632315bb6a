"""What a person needs to be examined fairly, granted with a reason by who answers for them; ended, never deleted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import NotFoundError, RefusedError
from app.exams import timing
from app.exams.models import Accommodation
from app.people import queries as people
from app.people.models import Account
from app.people.permissions import Action, Actor
from app.releases import queries as releases

MOST_TIME = Fraction(3)
MOST_ATTEMPTS = 5
MOST_BREAKS = 6
LONGEST_BREAK = 60  # minutes


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """Who granted an accommodation, and when."""

    by: str
    at: datetime


def grant(
    session: Session,
    *,
    actor: Actor,
    account_id: int,
    course_id: str | None,
    terms: timing.Terms,
    first_on: date,
    last_on: date | None,
    reason: str,
    today: date,
    now: datetime,
) -> Accommodation:
    """Grant a person more time, attempts or breaks in a course's exam (None: in every one), from the next start on."""
    people.member(session, actor.organisation_id, account_id, actor.clinics(Action.ACCOMMODATE))
    if account_id == actor.account_id:
        raise RefusedError("You cannot grant this to yourself; ask another manager or an administrator.")
    if course_id is not None and releases.in_force(session, actor.organisation_id, course_id) is None:
        raise NotFoundError
    reason = reason.strip()
    _check(terms, first_on, last_on, reason, today)
    granted = Accommodation(
        organisation_id=actor.organisation_id,
        account_id=account_id,
        course_id=course_id,
        time_numerator=terms.time_factor.numerator,
        time_denominator=terms.time_factor.denominator,
        extra_attempts=terms.extra_attempts,
        breaks=terms.breaks,
        break_minutes=terms.break_minutes if terms.breaks else 0,
        first_on=first_on,
        last_on=last_on,
        reason=reason,
        granted_by=actor.account_id,
        granted_at=now,
    )
    session.add(granted)
    session.flush()
    _tell(session, granted, "accommodation.granted", actor, now, _detail(granted))
    return granted


def end(session: Session, *, actor: Actor, account_id: int, accommodation_id: int, now: datetime) -> None:
    """End an accommodation: it holds for no attempt that starts from now on; ending again changes nothing."""
    people.member(session, actor.organisation_id, account_id, actor.clinics(Action.ACCOMMODATE))
    held = session.scalar(
        select(Accommodation)
        .where(
            Accommodation.organisation_id == actor.organisation_id,
            Accommodation.account_id == account_id,
            Accommodation.id == accommodation_id,
        )
        .with_for_update()
    )
    if held is None:
        raise NotFoundError
    if held.ended_at is not None:
        return
    held.ended_at, held.ended_by = now, actor.account_id
    _tell(session, held, "accommodation.ended", actor, now, {"course": held.course_id})


def signed(session: Session, organisation_id: int, ids: Collection[int]) -> list[Signed]:
    """Return who granted these accommodations, the latest first; one query."""
    rows = session.execute(
        select(Account.name, Accommodation.granted_at)
        .join(Account, Account.id == Accommodation.granted_by)
        .where(Accommodation.organisation_id == organisation_id, Accommodation.id.in_(ids))
        .order_by(Accommodation.granted_at.desc(), Accommodation.id.desc())
    )
    return [Signed(by=name, at=granted_at) for name, granted_at in rows]


def _check(terms: timing.Terms, first_on: date, last_on: date | None, reason: str, today: date) -> None:
    given = terms.breaks or terms.extra_attempts or terms.time_factor > 1
    minutes = terms.break_minutes if terms.breaks else 1
    for kept, sentence in (
        (given, "Grant more time, an attempt or a break; at least one of them."),
        (1 <= terms.time_factor <= MOST_TIME, f"Choose a time of once to {MOST_TIME} times the limit."),
        (0 <= terms.extra_attempts <= MOST_ATTEMPTS, f"Choose 0 to {MOST_ATTEMPTS} more attempts."),
        (0 <= terms.breaks <= MOST_BREAKS, f"Choose 0 to {MOST_BREAKS} breaks."),
        (1 <= minutes <= LONGEST_BREAK, f"Tell how long a break may last: 1 to {LONGEST_BREAK} minutes."),
        (first_on >= today, "Choose today or a later day to begin with; what was sat before stays as it is."),
        (last_on is None or last_on >= first_on, "Choose a last day that is not before the first."),
        (3 <= len(reason) <= 500, "Give the reason in 3 to 500 characters."),
    ):
        if not kept:
            raise RefusedError(sentence)


def _detail(granted: Accommodation) -> dict[str, Any]:
    return {
        "course": granted.course_id,
        "time_factor": f"{granted.time_numerator}/{granted.time_denominator}",
        "extra_attempts": granted.extra_attempts,
        "breaks": granted.breaks,
        "break_minutes": granted.break_minutes,
        "first_on": granted.first_on.isoformat(),
        "last_on": granted.last_on.isoformat() if granted.last_on else None,
        "reason": granted.reason,
    }


def _tell(  # noqa: PLR0917  what an entry says, in its order
    session: Session, about: Accommodation, kind: str, actor: Actor, now: datetime, detail: dict[str, Any]
) -> None:
    trail.record(
        session,
        organisation_id=about.organisation_id,
        kind=kind,
        subject=f"accommodation:{about.id}",
        actor_id=actor.account_id,
        account_id=about.account_id,
        now=now,
        detail=detail,
    )
