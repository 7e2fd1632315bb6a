"""Scope that follows practice, and signatures at the same instant: each decides once."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.certification import practice
from app.certification.attesting import SignOffState
from app.certification.lifecycle import EventKind, State
from app.certification.models import Certification, CertificationEvent, SignOffAnswer
from app.certification.queries import get_held
from app.certification.scope import Cell, GrantedCell, from_json, to_json
from app.cli.demo_story import sit
from app.errors import RefusedError
from app.releases.models import Release
from app.reports import recall_starts
from tests.factories import COURSE, PASSWORD, World, observe, read_lessons
from tests.integration.observing import SOON, TODAY, cells, publish_per_cell, record, state, treated
from tests.integration.recalled import certified_and_revised, digests
from tests.integration.story import (
    NOW,
    Town,
    at_once,
    certifications,
    events,
    trail,
)


def test_scope_follows_practice_where_the_scheme_says_so(db: Session, world: World) -> None:
    publish_per_cell(db, world)
    first, second = cells(db, world)[:2]
    read_lessons(db, world.ann.actor, now=NOW)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    treated(db, world, first, second)
    assert certifications(db, world.ann.id) == []  # two treatments, and no cell has two
    treated(db, world, first)
    [held] = certifications(db, world.ann.id)
    assert [one.cell for one in from_json(held.cells)] == [first]
    treated(db, world, second)
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.SCOPE_EXTENDED]
    now_held = get_held(db, held.id, world.organisation_id).on(TODAY, SOON)
    assert ({one.cell for one in now_held.cells}, now_held.state) == ({first, second}, State.ACTIVE)
    told = db.scalars(select(CertificationEvent).order_by(CertificationEvent.id.desc())).first()
    assert told is not None
    assert (told.reason_code, [one.cell for one in from_json(told.cells or [])]) == ("practice", [second])
    treated(db, world, first, second)
    assert len(events(db, world.ann.id)) == 2  # nothing is added twice


def test_a_recall_holds_what_practice_added_as_well(db: Session, world: World) -> None:
    certified, release = certified_and_revised(db, world)
    touched = [one for one in from_json(certified.cells) if one.cell in resting_cells(db, release)]
    others = [one for one in from_json(certified.cells) if one not in touched]
    add_event(db, certified, EventKind.SCOPE_REDUCED, others)
    # What the certification can come to grant is held from the start: practice may add it after the recall began.
    assert resting_cells(db, release) == {one.cell for one in touched}
    add_event(db, certified, EventKind.SCOPE_EXTENDED, touched[:1])
    assert resting_cells(db, release) == {one.cell for one in touched}


def resting_cells(session: Session, release: Release) -> set[Cell]:
    """Return the cells of certifications that rest on the fact that a release changes."""
    session.expire_all()
    chosen = digests(session, release)
    found = recall_starts.read_preview(session, release.organisation_id, release.id, chosen, TODAY)
    return {cell for one in found.resting for cell in one.cells or ()}


def add_event(session: Session, held: Certification, kind: EventKind, cells: list[GrantedCell]) -> None:
    session.add(
        CertificationEvent(
            organisation_id=held.organisation_id,
            certification_id=held.id,
            kind=kind.value,
            effective_on=TODAY,
            recorded_at=NOW,
            cells=to_json(cells),
        )
    )
    session.flush()


def test_a_cell_that_was_taken_away_does_not_come_back_by_practice(db: Session, world: World) -> None:
    publish_per_cell(db, world)
    first, second = cells(db, world)[:2]
    read_lessons(db, world.ann.actor, now=NOW)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    treated(db, world, first, first, second, second)
    [held] = certifications(db, world.ann.id)
    whole = get_held(db, held.id, world.organisation_id).on(TODAY, SOON).cells
    remains = [one for one in whole if one.cell != second]
    db.add(
        CertificationEvent(
            organisation_id=world.organisation_id,
            certification_id=held.id,
            kind=EventKind.SCOPE_REDUCED.value,
            effective_on=TODAY,
            recorded_at=SOON,
            cells=to_json(remains),
        )
    )
    db.flush()
    treated(db, world, second)
    state_now = get_held(db, held.id, world.organisation_id).on(TODAY, SOON + timedelta(minutes=1))
    assert [one.cell for one in state_now.cells] == [first]


def test_two_last_signatures_at_once_certify_once(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        read_lessons(session, world.ann.actor, now=NOW)
        observe(session, world.eva.actor, world.ann.id, now=NOW, times=2)
        sit(session, world.ann.actor, course_id=COURSE, at=NOW, right=True)
        ids = [record(session, world).id for _ in range(2)]
    acts = [partial(practice.confirm, actor=world.ann.actor, sign_off_id=one, now=SOON) for one in (*ids, ids[0])]
    got = at_once(busy.database, *acts)
    assert [one for one in got if isinstance(one, Exception)] == []
    with busy.database.session() as session:
        assert events(session, world.ann.id) == [EventKind.ISSUED]
        assert len(session.scalars(select(SignOffAnswer)).all()) == 4
        assert trail(session, world.ann.id).count("certification.issued") == 1


def test_two_last_signatures_at_once_extend_once(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        publish_per_cell(session, world)
        first, second = cells(session, world)[:2]
        read_lessons(session, world.ann.actor, now=NOW)
        sit(session, world.ann.actor, course_id=COURSE, at=NOW, right=True)
        treated(session, world, first, first, second)
        ids = [record(session, world, cell=second).id for _ in range(2)]
    acts = [partial(practice.confirm, actor=world.ann.actor, sign_off_id=one, now=SOON) for one in ids]
    got = at_once(busy.database, *acts)
    assert [one for one in got if isinstance(one, Exception)] == []
    with busy.database.session() as session:
        assert events(session, world.ann.id) == [EventKind.ISSUED, EventKind.SCOPE_EXTENDED]


def test_confirming_and_voiding_at_once_leave_one_truth(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        signed = record(session, world)
    void = partial(
        practice.void,
        actor=world.eva.actor,
        correction=practice.Correction(sign_off_id=signed.id, reason_code="twice"),
        password=PASSWORD,
        now=SOON,
    )
    got = at_once(
        busy.database, partial(practice.confirm, actor=world.ann.actor, sign_off_id=signed.id, now=SOON), void, void
    )
    refused = [one for one in got if isinstance(one, Exception)]
    assert all(isinstance(one, RefusedError) for one in refused)
    with busy.database.session() as session:
        assert state(session, world, signed) is SignOffState.CORRECTED
