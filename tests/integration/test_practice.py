"""Observed practice through the services: both sign, who may observe, corrections, and scope that follows practice."""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.certification import appointments, practice
from app.certification.attesting import SignOffState
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.models import EvaluatorAppointment, SignOff, SignOffAnswer, SignOffStep
from app.certification.practice_queries import observed
from app.certification.scope import Cell
from app.cli.demo_story import sit
from app.errors import NotFoundError, RefusedError
from app.people import service as people
from app.people.permissions import Role
from tests.factories import COURSE, PASSWORD, World, certify, observe, read_lessons
from tests.integration.observing import SOON, TODAY, actor, cells, confirm, counted, record, state, steps, technician
from tests.integration.story import NOW, Town, at_once, certifications, events, trail


def test_it_counts_when_both_have_signed_and_then_certifies(db: Session, world: World) -> None:
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW, times=2)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    signed = record(db, world)
    assert (state(db, world, signed), counted(db, world)) == (SignOffState.WAITING, 2)
    assert certifications(db, world.ann.id) == []
    confirm(db, world, signed)
    assert (state(db, world, signed), counted(db, world)) == (SignOffState.COUNTED, 3)
    assert events(db, world.ann.id) == [EventKind.ISSUED]
    confirm(db, world, signed)  # again changes nothing
    assert trail(db, world.ann.id).count("sign_off.confirmed") == 3


def test_the_steps_stand_as_the_release_words_them(db: Session, world: World) -> None:
    signed = record(db, world, leave_out=2)
    seen = db.scalars(select(SignOffStep).where(SignOffStep.sign_off_id == signed.id)).all()
    assert len(seen) == len(steps(db, world, cells(db, world)[0])) == 28  # 36 of them less 8 drafts
    assert [one.done for one in seen].count(False) == 2
    assert all(one.release_id == world.release_id and one.text and one.fact.startswith("procedure/") for one in seen)
    assert (signed.complete, signed.remarks) == (False, ["calm"])


@pytest.mark.parametrize(("outcome", "leave_out"), [("prompted", 0), ("stopped", 0), ("safe", 1)])
def test_what_is_no_practice_is_recorded_and_does_not_count(
    db: Session, world: World, outcome: str, leave_out: int
) -> None:
    signed = record(db, world, outcome=outcome, leave_out=leave_out)
    confirm(db, world, signed)
    assert (state(db, world, signed), counted(db, world)) == (SignOffState.NOT_COUNTED, 0)


def test_a_technician_contests_and_it_is_final(db: Session, world: World) -> None:
    signed = record(db, world)
    contest = partial(practice.contest, db, actor=world.ann.actor, sign_off_id=signed.id, now=SOON)
    with pytest.raises(RefusedError, match="Take the digits out"):
        contest(reason_code="day", words="It was on the 21st", no_client_detail=True)
    with pytest.raises(RefusedError, match="Choose what is wrong from the list"):
        contest(reason_code="no-such")
    contest(reason_code="day", words="It was the day before", no_client_detail=True)
    contest(reason_code="day")  # again changes nothing
    assert (state(db, world, signed), counted(db, world)) == (SignOffState.CONTESTED, 0)
    with pytest.raises(RefusedError, match="You have answered this already, and it is final"):
        confirm(db, world, signed)
    assert trail(db, world.ann.id).count("sign_off.contested") == 1


def test_a_correction_is_a_new_entry_and_the_first_one_stays(db: Session, world: World) -> None:
    wrong = record(db, world)
    confirm(db, world, wrong)
    assert counted(db, world) == 1
    correction = practice.Correction(sign_off_id=wrong.id, reason_code="cell")
    right = record(db, world, cell=cells(db, world)[-1], correction=correction, now=SOON)
    assert (state(db, world, wrong), state(db, world, right)) == (SignOffState.CORRECTED, SignOffState.WAITING)
    assert counted(db, world) == 0
    confirm(db, world, right)
    assert counted(db, world) == 1
    kept = observed(db, world.organisation_id, [world.ann.id])[world.ann.id]
    assert [one.sign_off.id for one in kept] == [wrong.id, right.id]
    assert kept[0].correction is not None
    assert kept[0].correction.replaced_by_id == right.id
    with pytest.raises(RefusedError, match="corrected already"):
        record(db, world, correction=correction)


def test_a_page_that_is_sent_twice_is_signed_once(db: Session, world: World) -> None:
    first = record(db, world, page="a" * 32)
    assert record(db, world, page="a" * 32, now=SOON).id == first.id
    assert {record(db, world).id, record(db, world, page="b" * 32).id}.isdisjoint({first.id})
    with pytest.raises(RefusedError, match="for another treatment"):
        record(db, world, page="a" * 32, cell=cells(db, world)[1])
    correction = practice.Correction(sign_off_id=first.id, reason_code="cell")
    right = record(db, world, page="c" * 32, correction=correction)
    assert record(db, world, page="c" * 32, correction=correction).id == right.id


def test_a_page_sent_twice_at_once_is_signed_once(busy: Town) -> None:
    got = at_once(busy.database, *[lambda session: record(session, busy.world, page="a" * 32).id] * 4)
    assert len(set(got)) == 1
    with busy.database.session() as session:
        assert trail(session, busy.world.ann.id).count("sign_off.attested") == 1


def test_a_correction_for_another_person(db: Session, world: World) -> None:
    nora = technician(db, world, "Nora Weiss")
    wrong = record(db, world)
    right = record(db, world, person=nora, correction=practice.Correction(sign_off_id=wrong.id, reason_code="person"))
    assert (right.account_id, state(db, world, wrong)) == (nora.id, SignOffState.CORRECTED)
    with pytest.raises(RefusedError, match="it needs your signature no more"):
        confirm(db, world, wrong)


def test_an_entry_is_declared_void(db: Session, world: World) -> None:
    signed = record(db, world)
    confirm(db, world, signed)
    correction = practice.Correction(sign_off_id=signed.id, reason_code="twice")
    void = partial(practice.void, db, actor=world.eva.actor, now=SOON)
    with pytest.raises(RefusedError, match="This is not your password"):
        void(correction=correction, password="wrong")
    with pytest.raises(RefusedError, match="Choose what was wrong from the list"):
        void(correction=practice.Correction(sign_off_id=signed.id, reason_code=""), password=PASSWORD)
    void(correction=correction, password=PASSWORD)
    assert (state(db, world, signed), counted(db, world)) == (SignOffState.CORRECTED, 0)
    assert trail(db, world.ann.id).count("sign_off.corrected") == 1


def test_nobody_elses_entries_are_found(db: Session, world: World) -> None:
    signed = record(db, world)
    correction = practice.Correction(sign_off_id=signed.id, reason_code="twice")
    for person in (world.max, world.olga, world.ann):
        with pytest.raises(NotFoundError):
            practice.void(db, actor=person.actor, correction=correction, password=PASSWORD, now=SOON)
    for person in (world.ben, world.olga, world.eva):
        with pytest.raises(NotFoundError):
            practice.confirm(db, actor=person.actor, sign_off_id=signed.id, now=SOON)
    with pytest.raises(NotFoundError):
        confirm(db, world, SignOff(id=999_999))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"password": "wrong"}, "This is not your password"),
        ({"outcome": "fine"}, "Choose how the treatment went"),
        ({"words": "Client aged 34"}, "Take the digits out"),
        ({"day": TODAY + timedelta(days=1)}, "cannot lie ahead"),
    ],
)
def test_what_cannot_be_signed_is_refused(db: Session, world: World, changed: dict[str, object], told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        record(db, world, **changed)  # type: ignore[arg-type]  # each names one of its own fields
    assert db.scalars(select(SignOff)).all() == []


def test_a_step_of_another_edition_is_refused(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="a new edition is in force"):
        practice.record(
            db,
            actor=world.eva.actor,
            treatment=practice.Treatment(account_id=world.ann.id, cell=cells(db, world)[0], observed_on=TODAY),
            seen=practice.Seen(outcome="safe", done=["procedure/no-such-step"]),
            password=PASSWORD,
            now=NOW,
        )


def test_who_is_certified_in_the_cell_observes_and_nobody_else(db: Session, world: World) -> None:
    nora = technician(db, world, "Nora Weiss")
    for account in (world.ann.id, nora.id):
        people.give_role(
            db, actor=world.ida.actor, account_id=account, role=Role.EVALUATOR, clinic_id=world.riverside, now=NOW
        )
    ann = actor(db, world, world.ann.id)
    with pytest.raises(RefusedError, match="You were not certified for it yourself, so on 22 November 2026"):
        record(db, world, by=ann, person=nora)
    held = certify(db, world, world.ann, now=NOW)
    later = NOW + timedelta(hours=1)
    signed = record(db, world, by=ann, person=nora, now=later)
    assert signed.evaluator_id == world.ann.id
    with pytest.raises(RefusedError, match="You cannot sign off your own treatments"):
        record(db, world, by=ann, now=later)
    with pytest.raises(RefusedError, match="You were not certified for it yourself, so on 21 November"):
        record(db, world, by=ann, person=nora, day=TODAY - timedelta(days=1), now=later)
    change_certification(
        db,
        actor=world.mira.actor,
        certification_id=held.id,
        change=Change(kind=EventKind.SUSPENDED, effective_on=TODAY, reason_code="adverse_event", reason="Hot spots"),
        now=later,
    )
    with pytest.raises(RefusedError, match="Your own certification was suspended"):
        record(db, world, by=ann, person=nora, now=later + timedelta(minutes=1))


def test_an_appointment_ends(db: Session, world: World) -> None:
    appointment_id = db.execute(select(EvaluatorAppointment.id)).scalar_one()
    end = partial(appointments.end, db, appointment_id=appointment_id, reason="Moved away", now=NOW)
    with pytest.raises(RefusedError, match="Only a medical director"):
        end(actor=world.max.actor, password=PASSWORD)
    with pytest.raises(RefusedError, match="This is not your password"):
        end(actor=world.mira.actor, password="wrong")
    end(actor=world.mira.actor, password=PASSWORD)
    with pytest.raises(RefusedError, match="ended already"):
        end(actor=world.mira.actor, password=PASSWORD)
    with pytest.raises(RefusedError, match="Your appointment for it was ended"):
        record(db, world, now=SOON)
    assert record(db, world, day=TODAY - timedelta(days=1), now=SOON).id
    assert trail(db, world.eva.id).count("evaluator.appointment_ended") == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"first_on": TODAY - timedelta(days=1)}, "begins today or later"),
        ({"last_on": TODAY - timedelta(days=1)}, "The last day comes after"),
        ({"last_on": date(2027, 11, 22)}, "at most 12 months"),
        ({"first_on": date(9999, 12, 1), "last_on": date(9999, 12, 2)}, "within a year"),
        ({"cells": []}, "Choose at least one cell"),
        ({"cells": [Cell(procedure="haircut", device="scissors", skin_type=1)]}, "Choose at least one cell"),
        ({"reason": " "}, "Give the reason"),
        ({"password": "wrong"}, "This is not your password"),
    ],
)
def test_an_appointment_that_does_not_fit_is_refused(
    db: Session, world: World, changed: dict[str, object], told: str
) -> None:
    with pytest.raises(RefusedError, match=told):
        appoint(db, world, **changed)


def test_whom_nobody_appoints(db: Session, world: World) -> None:
    with pytest.raises(RefusedError, match="Ann Berg is not an evaluator"):
        appoint(db, world, account_id=world.ann.id)
    with pytest.raises(RefusedError, match="You cannot appoint yourself"):
        appoint(db, world, account_id=world.mira.id)
    with pytest.raises(RefusedError, match="Only a medical director"):
        appoint(db, world, actor=world.max.actor)
    with pytest.raises(NotFoundError):
        appoint(db, world, account_id=world.olga.id)
    made = appoint(db, world, last_on=date(2027, 11, 21))  # twelve months to the day
    assert (made.first_on, made.last_on, len(made.cells)) == (TODAY, date(2027, 11, 21), 1)
    assert trail(db, world.eva.id).count("evaluator.appointed") == 2


def test_an_answer_is_there_once(db: Session, world: World) -> None:
    signed = record(db, world)
    confirm(db, world, signed)
    db.add(
        SignOffAnswer(
            organisation_id=world.organisation_id,
            sign_off_id=signed.id,
            account_id=world.ann.id,
            confirmed=False,
            answered_at=SOON,
        )
    )
    with pytest.raises(IntegrityError):
        db.flush()


def appoint(session: Session, world: World, **changed: object) -> EvaluatorAppointment:
    """Appoint Eva for the first cell, for a month, but for what is changed."""
    given: dict[str, object] = {
        "actor": world.mira.actor,
        "account_id": world.eva.id,
        "cells": cells(session, world)[:1],
        "evidence": appointments.Evidence(issuer="Rhine Academy", number="RA-7", words="Trainer."),
        "reason": "Nobody else can",
        "first_on": TODAY,
        "last_on": TODAY + timedelta(days=30),
        "password": PASSWORD,
        "now": NOW,
    }
    return appointments.appoint(session, **(given | changed))  # type: ignore[arg-type]  # its own fields
