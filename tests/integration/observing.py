"""What tests of observed practice do: a treatment of Ann that Eva records, and what it is worth."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.certification import practice
from app.certification.attesting import SignOffState
from app.certification.models import SignOff
from app.certification.practice_queries import get_attested
from app.certification.queries import cells_of
from app.certification.scope import Cell
from app.certification.standing import standing
from app.people import queries as people_queries
from app.people import service as people
from app.people.permissions import Actor, Role
from app.releases import queries as releases
from app.releases.steps import critical_steps
from tests.factories import COURSE, PASSWORD, ZONE, Person, World, frozen_course
from tests.integration.story import (
    NOW,
    next_edition,
    publish_and_sign,
)

TODAY = date(2026, 11, 22)
SOON = NOW + timedelta(minutes=5)


def cells(session: Session, world: World) -> list[Cell]:
    """Return the cells that the release in force grants without a second person."""
    in_force = releases.in_force(session, world.organisation_id, COURSE)
    assert in_force is not None
    return [one.cell for one in cells_of(in_force.release) if one.decision.value == "allowed"]


def steps(session: Session, world: World, cell: Cell) -> list[str]:
    courses = practice.granting(session, world.organisation_id, cell)
    return [one.fact for one in critical_steps(session, courses.values(), cell.procedure)]


def record(
    session: Session,
    world: World,
    *,
    cell: Cell | None = None,
    by: Actor | None = None,
    person: Person | None = None,
    outcome: str = "safe",
    leave_out: int = 0,
    day: date = TODAY,
    now: datetime = NOW,
    correction: practice.Correction | None = None,
    password: str = PASSWORD,
    words: str = "",
    page: str | None = None,
) -> SignOff:
    """Record a treatment of Ann as Eva, in the first cell, with every step but the last few."""
    cell = cell or cells(session, world)[0]
    done = steps(session, world, cell)
    return practice.record(
        session,
        actor=by or world.eva.actor,
        treatment=practice.Treatment(account_id=(person or world.ann).id, cell=cell, observed_on=day),
        seen=practice.Seen(
            outcome=outcome,
            done=done[: len(done) - leave_out],
            remarks=["calm"],
            words=words,
            no_client_detail=True,
            page=page,
        ),
        password=password,
        now=now,
        correction=correction,
    )


def state(session: Session, world: World, signed: SignOff) -> SignOffState:
    session.expire_all()
    return get_attested(session, world.organisation_id, signed.id).state


def counted(session: Session, world: World) -> int:
    where = standing(
        session,
        organisation_id=world.organisation_id,
        account_id=world.ann.id,
        zone=ZONE,
        course_id=COURSE,
        now=SOON,
    )
    return len(where.practice)


def confirm(session: Session, world: World, signed: SignOff, *, now: datetime = SOON) -> None:
    practice.confirm(session, actor=world.ann.actor, sign_off_id=signed.id, now=now)


def publish_per_cell(session: Session, world: World) -> None:
    """Put an edition in force that grants a cell after two treatments, and asks for two in all."""
    scheme = {**frozen_course().manifest["scheme"], "practice_per_cell": 2, "requires_sign_offs": 2}
    publish_and_sign(session, world, next_edition(scheme=scheme), now=NOW - timedelta(hours=1))


def treated(session: Session, world: World, *some: Cell) -> None:
    for cell in some:
        confirm(session, world, record(session, world, cell=cell), now=NOW)


def technician(session: Session, world: World, name: str) -> Person:
    """Add a technician to Riverside."""
    account, _ = people.invite(
        session,
        actor=world.ida.actor,
        email=f"{name.split(maxsplit=1)[0].lower()}@lumen.example",
        name=name,
        roles=[(Role.TECHNICIAN, world.riverside)],
        now=NOW,
    )
    return Person(name=name, email=account.email, actor=people_queries.actor_of(session, account))


def actor(session: Session, world: World, account_id: int) -> Actor:
    """Return somebody with the roles that they hold now; they sign with everybody's password."""
    return people_queries.actor_of(session, people_queries.get_account(session, world.organisation_id, account_id))
