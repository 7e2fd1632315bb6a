"""Where two features meet: what is granted or certified after an act, and who acts on what is their own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from app.certification import acting, bulk, interlocks, practice, queries, recall_ends, recalls
from app.certification.changing import Change
from app.certification.holds import Matching
from app.certification.lifecycle import EventKind, State
from app.certification.practice_queries import may_treat_on
from app.certification.recalling import OVERDUE
from app.certification.scope import Cell, from_json
from app.certification.treating import Answer
from app.cli.demo_story import sit
from app.errors import NotFoundError, RefusedError
from app.people.permissions import Role
from app.reports import recall_starts
from tests.factories import COURSE, PASSWORD, World, assign, certify, observe, read_lessons
from tests.integration.observing import TODAY, cells, publish_per_cell, record, technician, treated
from tests.integration.recalled import DUE, certified_and_revised, digests, recall, revise
from tests.integration.story import NOW, certifications, events
from tests.integration.test_certification import assign_sister
from tests.integration.test_training_record import of_ann
from tests.integration.wrong_keys import also

LATER, LATEST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
LATE = NOW + timedelta(days=20)  # past the last day of a recall


def stop(session: Session, world: World, cell: Cell) -> int:
    """Take a device out of use as Mira; return the interlock's id."""
    made, _ = interlocks.interlock(
        session,
        actor=world.mira.actor,
        matching=Matching(device=cell.device),
        reason_code="device_out_of_use",
        reason="Lamp broken",
        password=PASSWORD,
        day=TODAY,
        now=LATER,
    )
    return made.id


def test_an_interlock_holds_a_cell_that_practice_adds_later(db: Session, world: World) -> None:
    publish_per_cell(db, world)
    first, second = cells(db, world)[:2]
    assert first.device == second.device
    read_lessons(db, world.ann.actor, now=NOW)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    treated(db, world, first, first, second)
    late = record(db, world, cell=second)
    made = stop(db, world, first)
    practice.confirm(db, actor=world.ann.actor, sign_off_id=late.id, now=LATEST)
    assert may_treat_on(db, world.ann.actor, second, TODAY, LATEST).answer is Answer.NO
    lifted = interlocks.lift(
        db, actor=world.mira.actor, interlock_id=made, reason="Mended", password=PASSWORD, day=TODAY, now=LATEST
    )
    assert lifted == 2  # the cell that was held at once, and the one that came later
    for cell in (first, second):
        assert may_treat_on(db, world.ann.actor, cell, TODAY, LATEST).answer is Answer.YES


def test_an_interlock_holds_who_is_certified_after_it(db: Session, world: World) -> None:
    cora = technician(db, world, "Cora Lind")
    assign(db, world.ida.actor, cora.id, now=NOW)
    certify(db, world, world.ann, now=NOW)
    cell = cells(db, world)[0]
    stop(db, world, cell)
    certify(db, world, cora, now=LATEST)
    for who in (world.ann, cora):
        assert may_treat_on(db, who.actor, cell, TODAY, LATEST + timedelta(hours=6)).answer is Answer.NO


def test_what_a_person_was_given_back_is_not_held_again(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    [held] = certifications(db, world.ann.id)
    cell = from_json(held.cells)[0].cell
    made = stop(db, world, cell)
    [act] = interlocks.events_of(db, world.organisation_id, made)
    acting.act(
        db,
        actor=world.mira.actor,
        certification_id=held.id,
        change=Change(
            kind=EventKind.REINSTATED,
            effective_on=TODAY,
            reason_code="cleared",
            reason="Her device is another one",
            lifts=act.id,
        ),
        password=PASSWORD,
        today=TODAY,
        now=LATEST,
    )
    renewed_at = NOW + timedelta(days=350)
    sit(db, world.ann.actor, course_id=COURSE, at=renewed_at, right=True)
    assert events(db, world.ann.id)[-1] == EventKind.RENEWED
    then = renewed_at + timedelta(hours=1)
    assert may_treat_on(db, world.ann.actor, cell, then.date(), then).answer is Answer.YES


def test_who_passed_before_a_recall_and_is_certified_after_it_is_recalled(db: Session, world: World) -> None:
    cora = technician(db, world, "Cora Lind")
    assign(db, world.ida.actor, cora.id, now=NOW - timedelta(days=3))
    certify(db, world, cora, now=NOW - timedelta(days=2))
    read_lessons(db, world.ann.actor, now=NOW - timedelta(days=2))
    sit(db, world.ann.actor, course_id=COURSE, at=NOW - timedelta(days=2), right=True)
    release = revise(db, world)
    made = recall(db, world, release)
    observe(db, world.eva.actor, world.ann.id, now=LATER)
    db.expire_all()
    [held] = queries.held_by(db, world.organisation_id, [world.ann.id])[world.ann.id]
    assert (held.release_id, [one.recall_id for one in held.recalls]) == (release.id, [made.id])
    late = held.on(DUE + timedelta(days=1), LATER)
    assert {one.code for one in late.back} == {OVERDUE}
    found = recall_starts.read_preview(db, world.organisation_id, release.id, digests(db, release), TODAY)
    assert world.ann.id in {one.account_id for one in found.resting}


def test_nobody_acts_on_what_is_their_own(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    me = also(db, world, world.ann.id, Role.MEDICAL_DIRECTOR)
    act = partial(acting.act, db, certification_id=held.id, password=PASSWORD, today=TODAY)
    suspend = Change(kind=EventKind.SUSPENDED, effective_on=TODAY, reason_code="inquiry", reason="Two burns")
    give_back = Change(kind=EventKind.REINSTATED, effective_on=TODAY, reason_code="mistake", reason="I am fine")
    act(actor=world.mira.actor, change=suspend, now=LATER)
    with pytest.raises(RefusedError, match="your own certification"):
        act(actor=me, change=give_back, now=LATEST)
    made = stop(db, world, from_json(held.cells)[0].cell)
    with pytest.raises(RefusedError, match="another medical director lifts it"):
        interlocks.lift(db, actor=me, interlock_id=made, reason="Fine", password=PASSWORD, day=TODAY, now=LATEST)
    proposed = bulk.propose(
        db,
        actor=world.mira.actor,
        kind=EventKind.REVOKED,
        certification_ids=[held.id],
        effective_on=TODAY,
        reason_code="fraud",
        reason="Invented treatments",
        password=PASSWORD,
        today=TODAY,
        now=LATER,
    )
    with pytest.raises(RefusedError, match="somebody else takes it back"):
        bulk.withdraw(db, actor=me, bulk_change_id=proposed.id, now=LATEST)


def test_nobody_ends_a_recall_of_their_own(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    me = also(db, world, world.ann.id, Role.MEDICAL_DIRECTOR)
    with pytest.raises(RefusedError, match="another medical director ends it"):
        recall_ends.end(db, actor=me, recall_id=made.id, reason="I know it", password=PASSWORD, now=LATER)


def test_who_may_not_act_finds_nothing_in_the_service_either(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    for actor in (world.ann.actor, world.max.actor, world.olga.actor):
        with pytest.raises(NotFoundError):
            acting.act(
                db,
                actor=actor,
                certification_id=held.id,
                change=Change(kind=EventKind.SUSPENDED, effective_on=TODAY, reason_code="other", reason="A reason"),
                password=PASSWORD,
                today=TODAY,
                now=LATER,
            )


def by_lifting(db: Session, world: World) -> None:
    held, _ = certified_and_revised(db, world)
    made = stop(db, world, from_json(held.cells)[0].cell)
    wait(db, world, LATER)
    interlocks.lift(
        db, actor=world.mira.actor, interlock_id=made, reason="Mended", password=PASSWORD, day=TODAY, now=LATEST
    )


def by_doing(db: Session, world: World) -> None:
    made = overdue(db, world)
    recalls.acknowledge(db, actor=world.ann.actor, recall_id=made, ticked=True, now=LATE)


def by_ending(db: Session, world: World) -> None:
    made = overdue(db, world)
    recall_ends.end(db, actor=world.mira.actor, recall_id=made, reason="A misprint", password=PASSWORD, now=LATE)


def overdue(db: Session, world: World) -> int:
    """Recall Ann's certification, whose every cell is held since the last day; her sister course waits for it."""
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    wait(db, world, LATE)
    return made.id


def wait(db: Session, world: World, at: datetime) -> None:
    """Do all that Ann's second course asks, but for the certification that it requires."""
    assign_sister(db, world)
    read_lessons(db, world.ann.actor, now=at, course_id="sister")
    sit(db, world.ann.actor, course_id="sister", at=at, right=True)
    assert [one.course_id for one in certifications(db, world.ann.id)] == [COURSE]


@pytest.mark.parametrize("free", [by_lifting, by_doing, by_ending])
def test_what_waited_is_issued_once_the_required_certification_is_free_again(
    db: Session, world: World, free: Callable[[Session, World], None]
) -> None:
    free(db, world)
    assert [one.course_id for one in certifications(db, world.ann.id)] == [COURSE, "sister"]


def test_the_record_tells_what_is_on_hold_and_which_recall_waits(db: Session, world: World) -> None:
    certified, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    [told] = of_ann(db, world, now=NOW + timedelta(minutes=1)).certifications
    assert (told.state, told.on_hold) == (State.ACTIVE, [])
    assert [(one.number, one.due_on, one.done_on) for one in told.recalls] == [(made.id, DUE, None)]
    late = NOW + timedelta(days=20)
    [told] = of_ann(db, world, now=late).certifications
    fold = queries.get_held(db, certified.id, world.organisation_id).on(late.date(), late)
    assert told.state == fold.state == State.SUSPENDED
    assert {(one.device, one.skin_type, one.reason_code) for one in told.on_hold} == {
        (one.cell.device, one.cell.skin_type, OVERDUE) for one in fold.back
    }


def test_the_record_tells_which_cells_an_act_concerned(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    cell = from_json(held.cells)[0].cell
    stop(db, world, cell)
    assert certifications(db, world.ann.id) == [held]
    [told] = of_ann(db, world, now=LATEST).certifications
    assert {one.device for one in told.events[-1].cells or ()} == {cell.device}
    assert {one.device for one in told.on_hold} == {cell.device}


def test_who_is_certified_on_the_new_edition_rests_on_the_new_fact(db: Session, world: World) -> None:
    release = revise(db, world)
    certify(db, world, world.ann, now=NOW + timedelta(hours=1))
    found = recall_starts.read_preview(db, world.organisation_id, release.id, digests(db, release), TODAY)
    assert found.resting == ()
    with pytest.raises(RefusedError, match="nobody to recall"):
        recall(db, world, release)
