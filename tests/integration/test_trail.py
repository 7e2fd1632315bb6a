"""The trail and the records: an entry for every act, in its transaction; nothing is ever changed or taken away."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit.models import Entry, EntryDetail, Leaf
from app.audit.service import commitment_of
from app.certification import appeals, bulk, evidence, interlocks, readings
from app.certification import cases as certification_cases
from app.certification import service as certification
from app.certification.issuing import change_certification
from app.certification.lifecycle import EventKind
from app.cli.demo_story import sit
from app.clock import day_in
from app.db import Base
from app.errors import NotFoundError, RefusedError
from app.exams import case_queries, cases, disclosure, refresher, watching
from app.exams import queries as exams
from app.exams.models import Attempt
from app.people import service as people
from app.people.permissions import Role
from app.releases import comparing
from app.releases import service as releases
from app.reports import releases as reports
from tests.factories import COURSE, PASSWORD, REVISED_ROW, ZONE, World, assign, certify, revised_course
from tests.integration.outside import upload
from tests.integration.recalled import recalled_and_ended
from tests.integration.story import NOW, Town, answer, rows, start, submit, trail
from tests.integration.wrong_keys import asked_at, correct, sit_but

LATER = NOW + timedelta(minutes=5)
INSERT_ONLY = (
    "entry",
    "leaf",
    "content_file",
    "release",
    "release_lesson",
    "release_item",
    "item_content",
    "release_signature",
    "release_piece",
    "release_change",
    "release_impact",
    "release_withdrawal",
    "paper_item",
    "response",
    "attempt_grant",
    "sitting_event",
    "refresher_item",
    "refresher_response",
    "sign_off",
    "certification",
    "certification_event",
    "interlock",
    "interlock_lift",
    "bulk_change",
    "bulk_decision",
    "item_case",
    "case_proposal",
    "case_decision",
    "regrade",
    "regrade_review",
    "appeal",
    "appeal_answer",
    "recall",
    "recall_change",
    "recall_target",
    "recall_item",
    "recall_response",
    "recall_done",
    "recall_decision",
    "record_reading",
    "outside_evidence",
    "evidence_decision",
)
# These hold what is true now, or what passes; who changed it stands in the trail.
CHANGING = {
    "organisation",
    "clinic",
    "account",
    "role_grant",
    "sign_in",
    "access_link",
    "api_token",
    "rate_window",
    "assignment",
    "lesson_completion",
    "flag",
    "attempt",
    "attempt_break",
    "accommodation",
    "proctor_code",
    "coaching_task",
    "clinic_device",
    "refresher_card",
    "entry_detail",
}


def test_every_table_is_either_insert_only_or_known_to_change() -> None:
    assert {table.name for table in Base.metadata.sorted_tables} == {*INSERT_ONLY, *CHANGING}


def test_a_record_is_neither_changed_nor_taken_away(db: Session, world: World) -> None:
    everything(db, world)
    before = rows(db)
    for table in (Base.metadata.tables[name] for name in INSERT_ONLY):
        assert before[table.name] > 0
        for column in table.columns:
            refused(db, sa.update(table).values({column: column}))
        refused(db, sa.delete(table))
    assert rows(db) == before


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_table_is_not_emptied_at_once(db: Session) -> None:
    for table in INSERT_ONLY:
        refused(db, sa.text(f"TRUNCATE {table} CASCADE"))


def test_a_detail_is_erased_but_never_altered(db: Session, world: World) -> None:
    entry = db.scalars(sa.select(Entry).where(Entry.account_id == world.ann.id)).first()
    assert entry
    refused(db, sa.update(EntryDetail).values(detail={}))
    refused(db, sa.update(EntryDetail).values(salt="x"))
    db.execute(sa.delete(EntryDetail).where(EntryDetail.entry_id == entry.id))
    assert db.scalar(sa.select(EntryDetail.salt).where(EntryDetail.entry_id == entry.id)) is None
    assert db.scalar(sa.select(Entry.commitment).where(Entry.id == entry.id)) == entry.commitment


def test_a_closed_attempt_is_not_opened_again(db: Session, world: World) -> None:
    closed = sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=False)
    for change in ({"closed_at": None}, {"original_passed": True}, {"original_numerator": 1}, {"deadline_at": NOW}):
        refused(db, sa.update(Attempt).where(Attempt.id == closed).values(change))
    running = start(db, world.ben.actor)
    for attempt_id in (closed, running.id):
        refused(db, sa.delete(Attempt).where(Attempt.id == attempt_id))


def test_an_entry_commits_to_its_detail(db: Session, world: World) -> None:
    everything(db, world)
    pairs = db.execute(sa.select(Entry, EntryDetail).join(EntryDetail, EntryDetail.entry_id == Entry.id)).all()
    assert len(pairs) == db.scalar(sa.select(sa.func.count(Entry.id)))
    for entry, detail in pairs:
        assert entry.commitment == commitment_of(detail.salt, detail.detail)
        assert (len(entry.id), len(detail.salt)) == (32, 64)
    assert len({entry.id for entry, _ in pairs}) == len({detail.salt for _, detail in pairs}) == len(pairs)


def test_an_entry_names_nobody_by_itself(db: Session, world: World) -> None:
    everything(db, world)
    for entry in db.scalars(sa.select(Entry)):
        told = " ".join([entry.kind, entry.subject, entry.commitment])
        assert not any(name in told for name in ("Ann", "ann@", "Berg", "lumen", "spot"))


def test_every_act_leaves_its_entry(db: Session, world: World) -> None:
    everything(db, world)
    assert set(trail(db, world.ann.id)) == {
        "account.invited",
        "role.given",
        "account.link_made",
        "assignment.made",
        "lesson.completed",
        "sign_off.attested",
        "attempt.started",
        "attempt.submitted",
        "attempt.granted",
        "certification.issued",
        "certification.reinstated",
        "certification.suspended",
        "recall.done",
        "training_record.read",
        "evidence.uploaded",
        "evidence.declined",
    }
    assert {
        "recall.started",
        "recall.ended",
        "organisation.created",
        "clinic.added",
        "release.published",
        "release.signed",
        "release.change_confirmed",
        "release.impact_counted",
        "release.fact_withdrawn",
    } <= set(trail(db))


def test_what_is_done_with_an_account_leaves_entries(db: Session, world: World) -> None:
    before = len(trail(db, world.ann.id))
    token = people.begin_sign_in(db, account_id=world.ann.id, now=NOW)
    people.sign_out_everywhere(db, actor=world.ann.actor, now=NOW)
    people.give_role(
        db, actor=world.max.actor, account_id=world.ann.id, role=Role.EVALUATOR, clinic_id=world.riverside, now=NOW
    )
    grant = db.execute(sa.text("SELECT max(id) FROM role_grant")).scalar_one()
    people.end_role(db, actor=world.max.actor, account_id=world.ann.id, grant_id=grant, now=NOW)
    start(db, world.ann.actor)
    certification.disable_account(db, actor=world.max.actor, account_id=world.ann.id, reason="Left", now=LATER)
    people.enable(db, actor=world.max.actor, account_id=world.ann.id, now=LATER + timedelta(seconds=1))
    assert token
    kinds = trail(db, world.ann.id)
    assert len(kinds) - before == 8
    assert {
        "account.signed_in",
        "account.signed_out_everywhere",
        "role.given",
        "role.ended",
        "attempt.started",
        "attempt.ended",
        "account.disabled",
        "account.enabled",
    } <= set(kinds)


def test_a_submitted_attempt_is_told_with_the_hash_of_its_responses(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    answer(db, world.ann.actor, attempt.id, now=LATER, upto=5)
    closed = submit(db, world.ann.actor, attempt.id, now=LATER)
    told = detail_of(db, "attempt.submitted")
    assert told["responses_hash"] == closed.responses_hash
    assert (told["score"], told["passed"]) == ("1/4", False)
    assert detail_of(db, "attempt.started")["seed"] == "1"


def test_an_act_that_fails_leaves_nothing(busy: Town) -> None:
    with busy.database.session() as session:
        before = rows(session)
    for act in (certify_and_fail, start_and_be_refused):
        with pytest.raises((ZeroDivisionError, RefusedError)), busy.database.transaction() as session:
            act(session, busy.world)
    with busy.database.session() as session, pytest.raises(TypeError, match="open a transaction"):
        people.begin_sign_in(session, account_id=busy.world.ann.id, now=NOW)
    with busy.database.session() as session:
        assert rows(session) == before


def test_a_paper_is_read_only_after_the_end_and_leaves_an_entry(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    answer(db, world.ann.actor, attempt.id, now=NOW, upto=3)
    with pytest.raises(RefusedError, match="This attempt is not closed yet"):
        read(db, world, attempt)
    assert "paper.read" not in trail(db)
    closed = submit(db, world.ann.actor, attempt.id, now=LATER)
    paper = read(db, world, closed)
    assert (paper["score"], paper["passed"], paper["responses_hash"]) == ("3/20", False, closed.responses_hash)
    assert [item["position"] for item in paper["items"]] == list(range(1, 21))
    assert all(item["key"] and item["stem"] for item in paper["items"])
    assert len(paper["revisions"]) == 3
    assert trail(db).count("paper.read") == 1
    assert disclosure.as_text(paper).count("Key: ") == 20


def test_nobody_else_reads_a_paper(db: Session, world: World) -> None:
    attempt_id = sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    for person in (world.ann, world.max, world.eva, world.mira, world.tom):
        with pytest.raises(RefusedError, match="Only an administrator or auditor reads papers"):
            disclosure.read_paper(db, actor=person.actor, attempt_id=attempt_id, now=LATER)
    for actor, wanted in ((world.olga.actor, attempt_id), (world.ada.actor, 999_999)):
        with pytest.raises(NotFoundError, match="there is no attempt"):
            disclosure.read_paper(db, actor=actor, attempt_id=wanted, now=LATER)
    assert "paper.read" not in trail(db)


def certify_and_fail(session: Session, world: World) -> None:
    """Do a great deal, then fail as only code can."""
    certify(session, world, world.ann, now=NOW)
    raise ZeroDivisionError


def start_and_be_refused(session: Session, world: World) -> None:
    """Do something that is possible, then something that is not."""
    start(session, world.ann.actor)
    certification.disable_account(session, actor=world.max.actor, account_id=world.max.id, reason="Left", now=NOW)


def release_acts(session: Session, world: World) -> None:
    """Publish a revised edition, confirm its changes, count what rests on them, and withdraw a row of the old one."""
    release = releases.publish(session, actor=world.tom.actor, frozen=revised_course(), now=LATER)
    changes = comparing.comparison(session, release, ()).changes
    told = {change.digest: (change.change_class.value, "Revised by the board") for change in changes}
    releases.confirm_changes(session, actor=world.tom.actor, release_id=release.id, told=told, now=LATER)
    reports.count_impact(session, actor=world.tom.actor, release_id=release.id, day=LATER.date(), now=LATER)
    certification.withdraw(
        session,
        actor=world.mira.actor,
        release_id=world.release_id,
        fact=f"settings/{REVISED_ROW}",
        password=PASSWORD,
        reason="Two burns",
        now=LATER,
    )


def life_acts(session: Session, world: World, certification_id: int) -> None:
    """Set and lift an interlock, propose a revocation and take it back."""
    later = NOW + timedelta(hours=2)  # once the exam that certifies was submitted
    sure: dict[str, Any] = {"actor": world.mira.actor, "password": PASSWORD, "reason": "In for service", "now": later}
    matching = interlocks.Matching(skin_types=frozenset({1, 2, 3, 4, 5, 6}))
    code, day = "device_out_of_use", day_in(ZONE, later)
    made, _ = interlocks.interlock(session, matching=matching, reason_code=code, day=day, **sure)
    interlocks.lift(session, interlock_id=made.id, day=day, **sure)
    kind, numbers = EventKind.REVOKED, [certification_id]
    what: dict[str, Any] = {"kind": kind, "certification_ids": numbers, "reason_code": "other"}
    proposed = bulk.propose(session, effective_on=day, today=day, **what, **sure)
    bulk.withdraw(session, actor=world.mira.actor, bulk_change_id=proposed.id, now=later)


def everything(session: Session, world: World) -> None:
    """Let everything happen once, so that every table of records holds a row."""
    held = certify(session, world, world.ann, now=NOW)
    certification.grant_attempt(
        session, actor=world.max.actor, account_id=world.ann.id, course_id=COURSE, reason="The fire alarm", now=NOW
    )
    change_certification(
        session,
        actor=world.mira.actor,
        certification_id=held.id,
        kind=EventKind.SUSPENDED,
        effective_on=NOW.date(),
        reason_code="adverse_event",
        reason="Two hot spots in one week.",
        now=NOW,
    )
    life_acts(session, world, held.id)
    assign(session, world.ida.actor, world.ben.id, now=NOW)
    asked = refresher.ask(session, actor=world.ben.actor, course_id=COURSE, zone=ZONE, now=NOW)
    assert asked
    refresher.respond(session, actor=world.ben.actor, item_id=asked.id, form={"unknown": ["yes"]}, zone=ZONE, now=NOW)
    sat = certification.start_attempt(session, actor=world.ben.actor, course_id=COURSE, seed=1, now=NOW)
    watching.note(session, actor=world.ben.actor, attempt_id=sat.id, position=1, kind="copied", now=NOW)
    readings.note_reading(session, actor=world.max.actor, account_id=world.ann.id, today=NOW.date(), now=NOW)
    upload(session, world)
    certificate = upload(session, world, number="LSZ-2")
    evidence.decline(
        session,
        actor=world.mira.actor,
        evidence_id=certificate.id,
        reason="The school does not know it.",
        password=PASSWORD,
        now=NOW,
    )
    wrong_key(session, world)
    release_acts(session, world)
    recalled_and_ended(session, world)
    entry_id = session.scalars(sa.select(Entry.id)).first()
    session.add(Leaf(number=0, entry_id=entry_id))
    session.flush()


def wrong_key(session: Session, world: World) -> None:
    """Let Ben's pass be regraded away, reviewed, and contested."""
    attempt = sit_but(session, world.ben.actor, wrong=[])
    at, key = next(
        (one.position, one.keyed["key"])
        for one in exams.paper(session, attempt.id)
        if one.critical and one.shown["type"] == "single-choice"
    )
    other = next(one for one in ("a", "b") if one not in key)
    appeal = cases.contest(
        session, actor=world.ben.actor, attempt_id=attempt.id, position=at, words="Two are right.", now=LATER
    )
    appeals.answer_appeal(
        session, actor=world.mira.actor, appeal_id=appeal.id, upheld=True, answer="You are right.", now=LATER
    )
    case = correct(session, world, asked_at(session, attempt, at).item_hash, "accept_new", key=[other])
    [waiting] = case_queries.pass_reviews(session, world.organisation_id)
    certification_cases.decide_review(
        session,
        actor=world.mira.actor,
        case_id=case.id,
        regrade_id=waiting.regrade.id,
        outcome="stands",
        reason="It was defensible.",
        now=LATER,
    )


def read(session: Session, world: World, attempt: Attempt) -> dict[str, Any]:
    """Read an attempt's paper as the auditor."""
    return disclosure.read_paper(session, actor=world.ada.actor, attempt_id=attempt.id, now=LATER)


def detail_of(session: Session, kind: str) -> dict[str, Any]:
    """Return the detail of the only entry of a kind."""
    query = sa.select(EntryDetail.detail).join(Entry, Entry.id == EntryDetail.entry_id).where(Entry.kind == kind)
    found: dict[str, Any] = session.scalars(query).one()
    return found


def refused(session: Session, statement: sa.Executable) -> None:
    """Make sure that the database itself refuses a statement."""
    with pytest.raises(DBAPIError, match="insert-only"), session.begin_nested():
        session.execute(statement)
