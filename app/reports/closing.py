"""What nobody may treat any more once cells are on hold: by clinic, folded as if it had been done."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import queries as certifications
from app.certification.holds import Hold
from app.certification.queries import Held, with_required
from app.certification.scope import Cell
from app.people.models import Account, Clinic, RoleGrant
from app.people.permissions import Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """The cells of a clinic in which nobody may treat any more, with the devices that they name, by id."""

    clinic: str
    cells: tuple[Cell, ...]
    devices: Mapping[str, Mapping[str, Any]]


def closings(
    session: Session,
    organisation_id: int,
    account_ids: Collection[int],
    losses: Mapping[int, Collection[Cell] | None],
    *,
    day: date,
    now: datetime,
) -> list[Closing]:
    """Return what closes at the clinics of these people if certifications lose cells; two queries.

    `losses` are cells by certification, None for all of it. Whoever loses what another certification requires loses
    that one as well, if the lost one grants no cell itself.
    """
    staff = _staff(session, organisation_id, account_ids)
    everybody = {account_id for _, found in staff.values() for account_id in found}
    held = certifications.held_by(session, organisation_id, everybody)
    before = {who: _in_force(found, day, now) for who, found in held.items()}
    after = {who: _in_force(_without(found, losses, day, now), day, now) for who, found in held.items()}
    devices = {key: told for one in _each(held) for key, told in one.certification.scheme["devices"].items()}
    return [
        Closing(clinic=clinic, cells=tuple(sorted(gone)), devices=devices)
        for clinic, found in staff.values()
        if (gone := _covered(before, found) - _covered(after, found))
    ]


def _staff(session: Session, organisation_id: int, account_ids: Collection[int]) -> dict[int, tuple[str, set[int]]]:
    """Return the clinics where any of these people treats, by id, each with its name and everybody who treats there."""
    theirs = select(RoleGrant.clinic_id).where(
        RoleGrant.organisation_id == organisation_id,
        RoleGrant.account_id.in_(account_ids),
        RoleGrant.role == Role.TECHNICIAN.value,
        RoleGrant.ended_at.is_(None),
    )
    rows = session.execute(
        select(Clinic.id, Clinic.name, RoleGrant.account_id)
        .join(RoleGrant, RoleGrant.clinic_id == Clinic.id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.role == Role.TECHNICIAN.value,
            RoleGrant.ended_at.is_(None),
            Account.disabled_at.is_(None),
            Clinic.id.in_(theirs),
        )
        .order_by(Clinic.name, Clinic.id)
    )
    found: dict[int, tuple[str, set[int]]] = {}
    for clinic_id, name, account_id in rows:
        found.setdefault(clinic_id, (name, set()))[1].add(account_id)
    return found


def _each(held: Mapping[int, list[Held]]) -> Iterator[Held]:
    return (one for several in held.values() for one in several)


def _without(found: list[Held], losses: Mapping[int, Collection[Cell] | None], day: date, now: datetime) -> list[Held]:
    return with_required(
        [
            replace(one, holds=(*one.holds, _hold(losses[one.certification.id], day, now)))
            if one.certification.id in losses
            else one
            for one in found
        ]
    )


def _hold(cells: Collection[Cell] | None, day: date, now: datetime) -> Hold:
    held = None if cells is None else frozenset(cells)
    return Hold(cells=held, from_on=day, until_on=None, code="preview", reason="As if", known_at=now)


def _in_force(found: list[Held], day: date, now: datetime) -> set[Cell]:
    return {granted.cell for one in found for granted in one.on(day, now).in_force}


def _covered(cells: Mapping[int, set[Cell]], people: Collection[int]) -> set[Cell]:
    return set().union(*(cells.get(one, set()) for one in people))
