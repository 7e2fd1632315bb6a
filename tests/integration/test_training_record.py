"""The training record on both engines: as of any day, as known on any day; who reads it is noted; no key is in it."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.certification import evidence, practice, readings
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.models import Certification
from app.certification.record_models import RecordReading
from app.clock import day_in
from app.errors import NotFoundError
from app.exams import queries as exams
from app.exams.models import Attempt
from app.people import service as people
from app.people.permissions import Action
from app.reports.record_values import TrainingRecord, schema
from app.reports.training_record import AskedRecord, training_record
from tests.factories import COURSE, PASSWORD, ZONE, Person, World, certify
from tests.house.source import STATIC
from tests.integration.accommodated import grant as accommodate
from tests.integration.observing import record as record_treatment
from tests.integration.outside import upload
from tests.integration.story import NOW, Town, at_once, start
from tests.integration.wrong_keys import LATER, asked_at, correct, sit_but

TODAY = day_in(ZONE, NOW)
NEXT_WEEK = NOW + timedelta(days=7)


def asked(reader: Person, whose: Person, *, now: datetime = NOW, **more: object) -> AskedRecord:
    """Return what somebody asks for: a record as of today, unless said otherwise."""
    question = AskedRecord(
        organisation_id=reader.actor.organisation_id,
        organisation="Lumen Clinics",
        zone=ZONE,
        is_demo=False,
        account_id=whose.id,
        reader_id=reader.id,
        within=reader.actor.clinics(Action.READ_RECORD),
        accommodating=reader.actor.clinics(Action.ACCOMMODATE),
        as_of=day_in(ZONE, now),
        known_on=day_in(ZONE, now),
        now=now,
    )
    return replace(question, **more)  # type: ignore[arg-type]  # named by each test


def of_ann(session: Session, world: World, *, now: datetime = NOW, **more: object) -> TrainingRecord:
    """Return Ann's record as she reads it."""
    return training_record(session, asked(world.ann, world.ann, now=now, **more)).record


def suspend(session: Session, world: World, held: Certification, *, on: date, now: datetime) -> None:
    """Let Mira suspend a certification as of a day."""
    change_certification(
        session,
        actor=world.mira.actor,
        certification_id=held.id,
        change=Change(
            kind=EventKind.SUSPENDED, effective_on=on, reason_code="adverse_event", reason="Two hot spots in one week."
        ),
        now=now,
    )


def test_a_record_tells_the_whole_training(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    record = of_ann(db, world, now=LATER)
    assert (record.holder.name, record.holder.clinics) == ("Ann Berg", ["Riverside"])
    assert [one.course for one in record.assignments] == [COURSE]
    assert (len(record.lessons), len(record.sign_offs)) == (8, 3)
    assert {one.evaluator for one in record.sign_offs} == {"Eva Lund"}
    [attempt] = record.attempts
    assert attempt.original
    assert (attempt.original.percent, attempt.original.passed, attempt.regraded) == (100, True, None)
    assert [part.of for part in attempt.original.parts] == [3, 5, 5, 4, 3]
    assert "first pulse" in attempt.original.parts[2].title
    [life] = record.certifications
    assert (life.number, life.name, life.state) == (held.number, "Ann Berg", "active")
    assert [(one.kind, one.actor, one.edition) for one in life.events] == [("issued", None, life.edition)]
    assert life.cells
    assert "not a licence" in life.disclaimer
    assert "not a licence" in record.disclaimer


def test_a_record_tells_what_an_observed_treatment_was_worth_then(db: Session, world: World) -> None:
    both, wrong = record_treatment(db, world), record_treatment(db, world)
    practice.confirm(db, actor=world.ann.actor, sign_off_id=both.id, now=NEXT_WEEK)
    correction = practice.Correction(sign_off_id=wrong.id, reason_code="twice")
    practice.void(db, actor=world.eva.actor, correction=correction, password=PASSWORD, now=NEXT_WEEK)
    seen = of_ann(db, world, now=NEXT_WEEK).sign_offs
    assert [(one.outcome, one.state) for one in seen] == [("safe", "counted"), ("safe", "corrected")]
    before = of_ann(db, world, now=NEXT_WEEK, as_of=TODAY).sign_offs
    assert [one.state for one in before] == ["waiting", "waiting"]


def test_somebody_without_training_has_an_empty_record(db: Session, world: World) -> None:
    record = training_record(db, asked(world.max, world.max)).record
    assert (record.certifications, record.attempts, record.lessons, record.assignments) == ([], [], [], [])


def test_as_of_a_day_what_came_later_is_not_told(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    before = of_ann(db, world, now=NEXT_WEEK, as_of=TODAY - timedelta(days=1))
    assert (before.certifications, before.attempts, before.lessons, before.sign_offs) == ([], [], [], [])
    assert [one.course for one in before.assignments] == [COURSE]
    assert of_ann(db, world, now=NEXT_WEEK, as_of=TODAY).certifications[0].state == "active"


def test_what_was_known_later_is_not_told_as_known_before(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    suspend(db, world, held, on=TODAY + timedelta(days=1), now=NEXT_WEEK)
    day = TODAY + timedelta(days=2)
    now = NEXT_WEEK + timedelta(days=1)
    then = of_ann(db, world, now=now, as_of=day, known_on=day).certifications[0]
    since = of_ann(db, world, now=now, as_of=day).certifications[0]
    assert (then.state, [one.kind for one in then.events]) == ("active", ["issued"])
    assert (since.state, [one.kind for one in since.events]) == ("suspended", ["issued", "suspended"])
    last = since.events[-1]
    assert (last.actor, last.reason_code, last.reason) == (
        "Mira Santos",
        "adverse_event",
        "Two hot spots in one week.",
    )
    assert (last.effective_on, last.recorded_at) == (TODAY + timedelta(days=1), NEXT_WEEK)


def test_the_same_question_is_answered_the_same_for_ever(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    question = {"as_of": TODAY, "known_on": TODAY}
    before = of_ann(db, world, now=NOW + timedelta(days=1), **question)
    suspend(db, world, held, on=TODAY, now=NEXT_WEEK)
    people.end_role(
        db,
        actor=world.max.actor,
        account_id=world.ann.id,
        grant_id=db.execute(sa.text(f"SELECT id FROM role_grant WHERE account_id = {world.ann.id}")).scalar_one(),  # noqa: S608
        now=NEXT_WEEK,
    )
    readings.note_reading(db, actor=world.ada.actor, account_id=world.ann.id, today=TODAY, now=NEXT_WEEK)
    after = of_ann(db, world, now=NEXT_WEEK + timedelta(days=1), **question)
    assert after.model_copy(update={"made_at": before.made_at}) == before


def test_a_corrected_key_shows_both_scores_from_the_day_it_was_known(db: Session, world: World) -> None:
    earlier = NOW - timedelta(days=7)
    attempt = sit_but(db, world.ann.actor, wrong=[1, 2, 3, 4, 5], now=earlier)
    correct(db, world, asked_at(db, attempt, 1).item_hash, "drop")
    then = day_in(ZONE, earlier)
    [before] = of_ann(db, world, now=NEXT_WEEK, as_of=then, known_on=then).attempts
    [after] = of_ann(db, world, now=NEXT_WEEK, as_of=then).attempts
    assert (before.regraded, after.original) == (None, before.original)
    assert after.regraded
    assert after.original
    assert after.regraded.percent > after.original.percent
    assert after.regraded_at
    assert day_in(ZONE, after.regraded_at) == TODAY


def test_an_open_exam_tells_no_score(db: Session, world: World) -> None:
    start(db, world.ann.actor)
    [attempt] = of_ann(db, world, now=NOW + timedelta(minutes=5)).attempts
    assert (attempt.original, attempt.closed_at) == (None, None)


def test_no_key_stands_in_a_record(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    text = of_ann(db, world, now=LATER).model_dump_json()
    attempt_id = db.scalars(sa.select(Attempt.id).where(Attempt.account_id == world.ann.id)).one()
    for one in exams.paper(db, attempt_id):
        assert one.item_id not in text
        assert one.item_hash not in text
        assert one.keyed["why"] not in text


def test_who_may_not_read_it_finds_nothing(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=NOW)
    for reader in (world.eva, world.tom, world.ida, world.ben, world.olga):
        with pytest.raises(NotFoundError):
            training_record(db, asked(reader, world.ann))
        with pytest.raises(NotFoundError):
            readings.note_reading(db, actor=reader.actor, account_id=world.ann.id, today=TODAY, now=NOW)
    for reader in (world.max, world.mira, world.ada, world.ann):
        assert training_record(db, asked(reader, world.ann)).record.holder.name == "Ann Berg"
    with pytest.raises(NotFoundError):
        training_record(db, asked(world.max, world.ben))


def test_who_reads_it_is_noted_once_a_day_and_told(db: Session, world: World) -> None:
    assert not training_record(db, asked(world.max, world.ann)).noted
    for minutes in (0, 5):
        readings.note_reading(
            db, actor=world.max.actor, account_id=world.ann.id, today=TODAY, now=NOW + timedelta(minutes=minutes)
        )
    assert training_record(db, asked(world.max, world.ann)).noted
    tomorrow = NOW + timedelta(days=1)
    assert not training_record(db, asked(world.max, world.ann, now=tomorrow)).noted
    readings.note_reading(
        db, actor=world.max.actor, account_id=world.ann.id, today=TODAY + timedelta(days=1), now=tomorrow
    )
    told = of_ann(db, world, now=tomorrow).readings
    assert [(one.reader, one.read_at) for one in told] == [("Max Keller", NOW), ("Max Keller", tomorrow)]
    entries = db.scalars(sa.select(Entry).where(Entry.kind == "training_record.read")).all()
    assert {(one.actor_id, one.account_id) for one in entries} == {(world.max.id, world.ann.id)}
    assert len(entries) == 2


def test_reading_ones_own_record_is_not_noted(db: Session, world: World) -> None:
    assert training_record(db, asked(world.mira, world.mira)).noted
    assert not readings.note_reading(db, actor=world.mira.actor, account_id=world.mira.id, today=TODAY, now=NOW)
    assert db.scalar(sa.select(sa.func.count(RecordReading.id))) == 0


def test_two_windows_at_once_note_one_reading(busy: Town) -> None:
    actor, ann = busy.world.max.actor, busy.world.ann.id

    def note(session: Session) -> bool:
        return readings.note_reading(session, actor=actor, account_id=ann, today=TODAY, now=NOW)

    assert sorted(at_once(busy.database, note, note), key=str) == [False, True]


def test_accommodations_are_told_to_the_person_and_to_who_grants_them(db: Session, world: World) -> None:
    accommodate(db, world)
    told = {
        reader.name: training_record(db, asked(reader, world.ann)).record.accommodations
        for reader in (world.ann, world.max, world.mira, world.ada)
    }
    assert [told[name] for name in ("Mira Santos", "Ada Novak")] == [None, None]
    for name in ("Ann Berg", "Max Keller"):
        assert [(one.time_factor, one.granted_by) for one in told[name] or ()] == [("5/4", "Max Keller")]
    assert of_ann(db, world, accommodations=False).accommodations is None


def test_evidence_is_told_with_what_was_decided(db: Session, world: World) -> None:
    held = upload(db, world)
    evidence.decline(
        db, actor=world.mira.actor, evidence_id=held.id, reason="Not genuine.", password=PASSWORD, now=NEXT_WEEK
    )
    now = NEXT_WEEK + timedelta(days=1)
    [before] = of_ann(db, world, now=now, known_on=TODAY).evidence
    [after] = of_ann(db, world, now=now).evidence
    assert (before.number, before.file_sha256, before.decisions) == (held.number, held.file_hash, [])
    assert [(one.accepted, one.decided_by, one.reason) for one in after.decisions] == [
        (False, "Mira Santos", "Not genuine.")
    ]
    assert of_ann(db, world, now=now, as_of=TODAY - timedelta(days=1)).evidence == []


def test_the_json_is_what_its_schema_says(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=NOW)
    suspend(db, world, held, on=TODAY, now=LATER)
    accommodate(db, world)
    record = of_ann(db, world, now=NEXT_WEEK)
    text = record.model_dump_json()
    assert TrainingRecord.model_validate_json(text, strict=True) == record
    assert set(json.loads(text)) == set(schema()["properties"])
    assert json.loads((STATIC / "training-record.schema.json").read_text()) == schema()
