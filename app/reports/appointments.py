"""Appointing evaluators for who does it: whom, and for which cells."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import queries as certifications
from app.certification.scope import Cell
from app.people.models import Account, RoleGrant
from app.people.permissions import Actor, Role
from app.releases import queries as releases


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """Whom an actor may appoint (id, name), for which cells, and the names of devices by id."""

    evaluators: tuple[tuple[int, str], ...]
    cells: tuple[Cell, ...]
    devices: Mapping[str, str]


def offer(session: Session, actor: Actor) -> Offer:
    """Return whom an actor may appoint for which cells; two queries."""
    query = (
        select(Account.id, Account.name)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            Account.organisation_id == actor.organisation_id,
            Account.disabled_at.is_(None),
            Account.id != actor.account_id,
            RoleGrant.role == Role.EVALUATOR.value,
            RoleGrant.ended_at.is_(None),
        )
        .distinct()
        .order_by(Account.name, Account.id)
    )
    evaluators = tuple((row[0], row[1]) for row in session.execute(query))
    cells: set[Cell] = set()
    devices: dict[str, str] = {}
    for one in releases.all_in_force(session, actor.organisation_id).values():
        devices |= {key: told["name"] for key, told in one.release.manifest["devices"].items()}
        if not one.withdrawn.whole:
            cells.update(each.cell for each in certifications.cells_of(one.release, one.withdrawn.facts))
    return Offer(evaluators=evaluators, cells=tuple(sorted(cells)), devices=devices)
