"""What people do to certifications: cells on hold, interlocks that take and give back, and two people for several."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.certification import acting, bulk, interlocks, queries
from app.certification.changing import Change
from app.certification.holds import Matching
from app.certification.lifecycle import EventKind, State, StateAsOf
from app.certification.scope import Cell
from app.errors import NotFoundError, RefusedError
from app.people import service as people
from app.people.permissions import Actor, Role
from tests.factories import PASSWORD, World, certify
from tests.integration.story import NOW, Town, at_once, events, trail

TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)
WORDS: dict[str, Any] = {"password": PASSWORD, "today": TODAY}
SAFE: dict[str, Any] = {"password": PASSWORD, "day": TODAY, "now": LATER}


def of(db: Session, world: World, certification_id: int) -> StateAsOf:
    return queries.get_held(db, certification_id, world.organisation_id).on(TODAY, LATER)


def act(
    db: Session,
    world: World,
    certification_id: int,
    kind: EventKind,
    *,
    cells: list[Cell] | None = None,
    lifts: int | None = None,
    code: str = "other",
    days: int = 0,
    password: str = PASSWORD,
) -> int:
    event = acting.act(
        db,
        actor=world.mira.actor,
        certification_id=certification_id,
        change=Change(
            kind=kind,
            effective_on=TODAY + timedelta(days=days),
            reason_code=code,
            reason="Seen on the floor",
            cells=cells,
            lifts=lifts,
        ),
        password=password,
        today=TODAY,
        now=LATER,
    )
    return event.id


def test_a_cell_is_held_and_given_back(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    cells = [one.cell for one in of(db, world, held.id).cells]
    suspended = act(db, world, held.id, EventKind.SUSPENDED, cells=cells[:1])
    state = of(db, world, held.id)
    assert (state.state, [(one.cell, one.event_id) for one in state.back]) == (State.ACTIVE, [(cells[0], suspended)])
    act(db, world, held.id, EventKind.SUSPENDED, cells=cells[1:])
    assert of(db, world, held.id).state is State.SUSPENDED
    act(db, world, held.id, EventKind.REINSTATED, lifts=suspended)
    assert [one.cell for one in of(db, world, held.id).in_force] == cells[:1]
    told = [kind for kind in trail(db, world.ann.id) if kind.startswith("certification.")]
    assert sorted(told) == [f"certification.{one}" for one in ("issued", "reinstated", "suspended", "suspended")]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"days": -1}, "Choose today or a day of the coming year"),
        ({"days": 400}, "Choose today or a day of the coming year"),
        ({"code": "gossip"}, "Choose the reason from the list"),
        ({"password": "not hers"}, "This is not your password"),
        ({"cells": [Cell(procedure="no-such", device="none", skin_type=1)]}, "Choose from the cells"),
        ({"cells": []}, "Choose from the cells"),
    ],
)
def test_what_is_refused(db: Session, world: World, how: dict[str, Any], words: str) -> None:
    held = certify(db, world, world.ann, now=NOW)
    with pytest.raises(RefusedError, match=words):
        act(db, world, held.id, EventKind.SUSPENDED, **how)
    assert events(db, world.ann.id) == ["issued"]


def test_only_what_stands_is_reinstated(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    with pytest.raises(RefusedError, match="cannot be reinstated"):
        act(db, world, held.id, EventKind.REINSTATED)
    suspended = act(db, world, held.id, EventKind.SUSPENDED)
    with pytest.raises(RefusedError, match="cannot be suspended"):
        act(db, world, held.id, EventKind.SUSPENDED)
    with pytest.raises(RefusedError, match="cannot be reinstated"):
        act(db, world, held.id, EventKind.REINSTATED, lifts=suspended + 1)
    act(db, world, held.id, EventKind.REVOKED)
    with pytest.raises(RefusedError, match="revoked cannot be reinstated"):
        act(db, world, held.id, EventKind.REINSTATED, lifts=suspended)


def lock(db: Session, actor: Actor, matching: Matching) -> tuple[int, int]:
    made, hit = interlocks.interlock(
        db, actor=actor, matching=matching, reason_code="device_out_of_use", reason="Serviced", **SAFE
    )
    return made.id, hit


def test_an_interlock_holds_its_cells_and_gives_back_only_these(db: Session, world: World) -> None:
    ann, ben = (certify_new(db, world, who) for who in ("ann", "ben"))
    every = of(db, world, ann).cells
    cell = every[0].cell
    own = act(db, world, ann, EventKind.SUSPENDED, cells=[cell])
    matching = Matching(device=cell.device, skin_types=frozenset({cell.skin_type}))
    meant = [one.cell for one in every if matching.matches(one.cell)]
    made, hit = lock(db, world.mira.actor, matching)
    again, _ = lock(db, world.mira.actor, Matching(procedure=cell.procedure, clinic_id=world.riverside))
    assert hit == 2
    interlocks.lift(db, actor=world.mira.actor, interlock_id=again, reason="A mistake", **SAFE)
    for number in (ann, ben):
        assert [one.cell for one in of(db, world, number).back] == meant
    given = interlocks.lift(db, actor=world.mira.actor, interlock_id=made, reason="Back from service", **SAFE)
    assert given == 2
    assert [(one.cell, one.event_id) for one in of(db, world, ann).back] == [(cell, own)]
    assert of(db, world, ben).back == ()
    with pytest.raises(RefusedError, match="lifted before"):
        interlocks.lift(db, actor=world.mira.actor, interlock_id=made, reason="Again", **SAFE)


def certify_new(db: Session, world: World, name: str) -> int:
    who = world.people[name]
    if name == "ben":  # Eva observes in her own clinic alone
        people.give_role(
            db, actor=world.ida.actor, account_id=who.id, role=Role.TECHNICIAN, clinic_id=world.riverside, now=NOW
        )
    return certify(db, world, who, now=NOW).id


def test_a_manager_sets_one_in_her_clinic_and_lifts_none(db: Session, world: World) -> None:
    held = certify_new(db, world, "ann")
    device = of(db, world, held).cells[0].cell.device
    with pytest.raises(NotFoundError):
        lock(db, world.max.actor, Matching(device=device))
    made, hit = lock(db, world.max.actor, Matching(device=device, clinic_id=world.riverside))
    assert hit == 1
    for actor in (world.max.actor, world.olga.actor):
        with pytest.raises(NotFoundError):
            interlocks.lift(db, actor=actor, interlock_id=made, reason="Mended", **SAFE)


@pytest.mark.parametrize(
    ("matching", "words"),
    [
        (Matching(), "Choose a device, a procedure or a skin type"),
        (Matching(device="no-such-device"), "Nobody holds such a cell"),
        (Matching(skin_types=frozenset({7})), "Choose skin types from I to VI"),
    ],
)
def test_an_interlock_of_nothing_is_refused(db: Session, world: World, matching: Matching, words: str) -> None:
    certify_new(db, world, "ann")
    with pytest.raises(RefusedError, match=words):
        lock(db, world.mira.actor, matching)


def proposed(db: Session, actor: Actor, *numbers: int, kind: EventKind = EventKind.REVOKED) -> int:
    made = bulk.propose(
        db,
        actor=actor,
        kind=kind,
        certification_ids=numbers,
        effective_on=TODAY,
        reason_code="unsafe_practice",
        reason="The same shortcut",
        now=LATER,
        **WORDS,
    )
    return made.id


def test_a_second_person_confirms_and_what_cannot_be_is_counted(db: Session, world: World) -> None:
    numbers = [certify_new(db, world, who) for who in ("ann", "ben")]
    number = proposed(db, world.ida.actor, *numbers)
    assert of(db, world, numbers[0]).state is State.ACTIVE
    with pytest.raises(RefusedError, match="a second person"):
        bulk.confirm(db, actor=world.ida.actor, bulk_change_id=number, now=LATER, **WORDS)
    act(db, world, numbers[0], EventKind.REVOKED)
    done = bulk.confirm(db, actor=world.mira.actor, bulk_change_id=number, now=LATER, **WORDS)
    assert done == (1, 1)
    assert of(db, world, numbers[1]).state is State.REVOKED
    with pytest.raises(RefusedError, match="decided before"):
        bulk.withdraw(db, actor=world.mira.actor, bulk_change_id=number, now=LATER)


def test_a_proposal_can_be_taken_back_and_another_organisation_has_none(db: Session, world: World) -> None:
    held = certify_new(db, world, "ann")
    with pytest.raises(NotFoundError):
        proposed(db, world.olga.actor, held)
    number = proposed(db, world.mira.actor, held, kind=EventKind.SUSPENDED)
    with pytest.raises(NotFoundError):
        bulk.withdraw(db, actor=world.olga.actor, bulk_change_id=number, now=LATER)
    bulk.withdraw(db, actor=world.ida.actor, bulk_change_id=number, now=LATER)
    [(_, decision)] = bulk.listed(db, world.organisation_id)
    assert decision
    assert not decision.confirmed
    assert of(db, world, held).state is State.ACTIVE


def test_two_revokes_at_once_are_one(busy: Town) -> None:
    with busy.database.transaction() as session:
        held = certify(session, busy.world, busy.world.ann, now=NOW)
    revoke = partial(act, world=busy.world, certification_id=held.id, kind=EventKind.REVOKED)
    got = at_once(busy.database, revoke, revoke, revoke)
    assert sum(isinstance(one, RefusedError) for one in got) == 2
    with busy.database.session() as session:
        assert events(session, busy.world.ann.id) == ["issued", "revoked"]


def test_two_confirmations_and_two_lifts_at_once_are_one(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        held = certify(session, world, world.ann, now=NOW)
        number = proposed(session, world.ida.actor, held.id, kind=EventKind.SUSPENDED)
        made, _ = lock(session, world.mira.actor, Matching(skin_types=frozenset(range(1, 7))))
    confirm = partial(bulk.confirm, actor=world.mira.actor, bulk_change_id=number, now=LATER, **WORDS)
    give = partial(interlocks.lift, actor=world.mira.actor, interlock_id=made, reason="Mended", **SAFE)
    got = at_once(busy.database, confirm, give, confirm, give)
    assert sum(isinstance(one, RefusedError) for one in got) == 2
    with busy.database.session() as session:
        assert sorted(events(session, world.ann.id)) == ["issued", "reinstated", "suspended", "suspended"]
        assert of(session, world, held.id).state is State.SUSPENDED
