"""Reading certifications: what people hold as of a day, what they still need, whether they may sit an exam."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from app.certification import scope
from app.certification.lifecycle import Event, State, StateAsOf, event_of, state_as_of
from app.certification.models import Certification, CertificationEvent, SignOff
from app.errors import NotFoundError
from app.people.models import Account
from app.releases.manifest import scheme_of, settings_of
from app.releases.models import Release

FINAL = (State.REVOKED, State.SUPERSEDED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A certification with its events; its state is folded from them for whatever day is asked."""

    certification: Certification
    events: tuple[Event, ...]

    def on(self, day: date, known_at: datetime) -> StateAsOf:
        """Return the state on a day, as known at an instant."""
        return state_as_of(self.events, day, known_at)


def held_by(
    session: Session, organisation_id: int, account_ids: Collection[int], course_ids: Collection[str] | None = None
) -> dict[int, list[Held]]:
    """Return the certifications of people with their events, by account, oldest first; one query."""
    of = {"organisation_id": organisation_id, "account_ids": account_ids, "course_ids": course_ids}
    found: dict[int, list[Held]] = {}
    for held in _folded(session, _held_by(some=course_ids is not None), of):
        found.setdefault(held.certification.account_id, []).append(held)
    return found


@cache
def _held_by(*, some: bool) -> Select[Certification, CertificationEvent]:
    query = (
        select(Certification, CertificationEvent)
        .join(CertificationEvent, CertificationEvent.certification_id == Certification.id)
        .where(
            Certification.organisation_id == bindparam("organisation_id"),
            Certification.account_id.in_(bindparam("account_ids", expanding=True)),
        )
        .order_by(Certification.course_id, Certification.ordinal)
    )
    return query.where(Certification.course_id.in_(bindparam("course_ids", expanding=True))) if some else query


def get_held(session: Session, certification_id: int, organisation_id: int) -> Held:
    """Return a certification of this organisation with its events; another's is not found."""
    found = _folded(
        session,
        select(Certification, CertificationEvent)
        .join(CertificationEvent, CertificationEvent.certification_id == Certification.id)
        .where(Certification.organisation_id == organisation_id, Certification.id == certification_id),
    )
    if not found:
        raise NotFoundError
    return found[0]


def _folded(
    session: Session, query: Select[Certification, CertificationEvent], of: Mapping[str, Any] | None = None
) -> list[Held]:
    certifications: dict[int, Certification] = {}
    events: dict[int, list[Event]] = {}
    for certification, event in session.execute(query, of):
        certifications[certification.id] = certification
        events.setdefault(certification.id, []).append(event_of(event))
    return [Held(certification=one, events=tuple(events[key])) for key, one in certifications.items()]


def by_number(session: Session, number: str) -> Held | None:
    """Return the certification with a number, of whatever organisation: this is what a stranger may ask."""
    found = _folded(
        session,
        select(Certification, CertificationEvent)
        .join(CertificationEvent, CertificationEvent.certification_id == Certification.id)
        .where(Certification.number == number),
    )
    return found[0] if found else None


def cells_of(release: Release, withdrawn: Collection[str] = ()) -> tuple[scope.GrantedCell, ...]:
    """Return the cells that a release's scheme grants, without those of withdrawn rows ("settings/set-004")."""
    rows = [row for row in settings_of(release.manifest) if f"settings/{row.id}" not in withdrawn]
    return scope.granted_cells(scheme_of(release.manifest), rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """A sign-off with the name of who attested it."""

    sign_off: SignOff
    evaluator: str


def observed(session: Session, organisation_id: int, account_ids: Collection[int]) -> dict[int, list[Observed]]:
    """Return the sign-offs of people by account, oldest first; one query."""
    rows = session.execute(
        select(SignOff, Account.name)
        .join(Account, Account.id == SignOff.evaluator_id)
        .where(SignOff.organisation_id == organisation_id, SignOff.account_id.in_(account_ids))
        .order_by(SignOff.observed_on, SignOff.id)
    )
    found: dict[int, list[Observed]] = {}
    for sign_off, evaluator in rows:
        found.setdefault(sign_off.account_id, []).append(Observed(sign_off=sign_off, evaluator=evaluator))
    return found


def sign_offs_by(session: Session, organisation_id: int, evaluator_id: int, *, limit: int = 50) -> Sequence[SignOff]:
    """Return what an evaluator attested: the treatment observed last first, of one day the one signed last."""
    query = select(SignOff).where(SignOff.organisation_id == organisation_id, SignOff.evaluator_id == evaluator_id)
    return session.scalars(query.order_by(SignOff.observed_on.desc(), SignOff.id.desc()).limit(limit)).all()
