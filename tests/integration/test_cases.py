"""Cases about wrong keys: the dry run, the signature, the replay of every stored response, and what it is worth."""

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.certification import cases as certification_cases
from app.certification import service as certification
from app.certification.lifecycle import EventKind
from app.certification.models import CertificationEvent
from app.certification.standing import standing
from app.clock import day_in
from app.content.grade import credit
from app.content.values import ItemType, Scoring
from app.errors import NotFoundError, RefusedError
from app.exams import case_queries, cases, disclosure
from app.exams import queries as exams
from app.exams.case_models import DISMISSED, FALLS, STANDS, CaseDecision, Regrade
from app.exams.models import Attempt
from app.exams.timing import RefusalKind, Refused
from app.people.permissions import Role
from app.releases.manifest import exam_of
from app.releases.models import Release
from app.reports.exports import CERTIFICATIONS, Asked
from tests.factories import COURSE, PASSWORD, ZONE, World, observe, read_lessons
from tests.integration.story import NOW, Town, at_once, certifications, events, trail
from tests.integration.wrong_keys import (
    LATER,
    also,
    also_technician,
    answer_but,
    asked_at,
    correct,
    critical_item,
    open_case,
    propose,
    seen,
    sign,
    sit_but,
    somebody_asked,
)


def test_a_regrade_makes_a_pass_and_issues_what_it_earns(db: Session, world: World) -> None:
    at = critical_item(db, world)
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    assert (attempt.passed, certifications(db, world.ann.id)) == (False, [])
    correct(db, world, asked_at(db, attempt, at).item_hash, "full_credit")
    assert (attempt.passed, attempt.score_numerator, attempt.score_denominator) == (True, 1, 1)
    assert (attempt.original_passed, attempt.original_numerator, attempt.original_denominator) == (False, 19, 20)
    assert [len((one or {})["failed_critical"]) for one in (attempt.original_result, attempt.result)] == [1, 0]
    [held] = certifications(db, world.ann.id)
    issued = db.scalars(select(CertificationEvent).where(CertificationEvent.certification_id == held.id)).one()
    assert (issued.kind, issued.attempt_id) == (EventKind.ISSUED, attempt.id)
    assert issued.effective_on == day_in(ZONE, LATER)
    assert {"attempt.regraded", "certification.issued"} <= set(trail(db, world.ann.id))


def test_for_waiting_and_attempts_a_regraded_pass_counts_from_its_closing(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    assert isinstance(seat(db, world), Refused)
    correct(db, world, asked_at(db, attempt, at).item_hash, "drop")
    found = seat(db, world)
    assert isinstance(found, Refused)
    assert found.kind is RefusalKind.PASSED
    assert attempt.closed_at == NOW + timedelta(minutes=10)


def test_the_replay_is_an_independent_recount_of_every_stored_response(db: Session, world: World) -> None:
    at = critical_item(db, world)
    ann = sit_but(db, world.ann.actor, wrong=[at, at + 1, 3])
    item = asked_at(db, ann, at)
    other_actor, running = somebody_asked(db, world, item.item_hash)
    ben = answer_but(db, running, other_actor, wrong=[2], now=NOW)
    other = next(one["id"] for one in item.shown["options"] if one["id"] not in item.keyed["key"])
    case = correct(db, world, item.item_hash, "accept_new", key=[other])
    exam = exam_of(db.get_one(Release, world.release_id).manifest)
    for attempt in (ann, ben):
        paper, earned = exams.paper(db, attempt.id), []
        for one in paper:
            key = [other] if one.item_hash == item.item_hash else one.keyed["key"]
            earned.append(credit(ItemType(one.keyed["type"]), Scoring(one.keyed["scoring"]), key, one.chosen))
        score = sum(earned, Fraction(0)) / len(earned)
        parts = [
            [got for asked, got in zip(paper, earned, strict=True) if asked.section == index]
            for index in range(len(exam.sections))
        ]
        reached = score * 100 >= exam.cut_score_percent and all(
            sum(part) * 100 >= section.cut_score_percent * len(part)
            for part, section in zip(parts, exam.sections, strict=True)
            if section.cut_score_percent
        )
        right = all(got == 1 for asked, got in zip(paper, earned, strict=True) if asked.critical)
        row = db.scalars(select(Regrade).where(Regrade.attempt_id == attempt.id)).one()
        assert Fraction(row.score_numerator, row.score_denominator) == score
        assert (row.case_id, row.passed) == (case.id, reached and right)


def test_what_was_seen_must_be_what_is_signed(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    item_hash = asked_at(db, attempt, at).item_hash
    case = open_case(db, world, item_hash)
    proposal = propose(db, world, case, "full_credit")
    shown = seen(db, proposal)
    other, running = somebody_asked(db, world, item_hash)
    wrong = [one.position for one in exams.paper(db, running.id) if one.item_hash == item_hash]
    answer_but(db, running, other, wrong=wrong, now=NOW)
    with pytest.raises(RefusedError, match="no longer what you saw"), db.begin_nested():
        sign(db, world, case)
    assert db.scalar(select(func.count(Regrade.id))) == 0
    assert db.scalar(select(func.count(CaseDecision.id))) == 0
    again(db, world, case.id)
    with pytest.raises(RefusedError, match="no longer what you saw"), db.begin_nested():
        certification_cases.sign_case(
            db,
            actor=world.mira.actor,
            case_id=case.id,
            proposal_id=proposal.id,
            password=PASSWORD,
            seen=shown,
            now=LATER,
        )
    sign(db, world, case)
    assert db.scalar(select(func.count(Regrade.id))) == 2


def test_who_signs_neither_opened_the_case_nor_mistypes_the_password(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    case = open_case(db, world, asked_at(db, attempt, at).item_hash)
    with pytest.raises(RefusedError, match="No policy is chosen yet"):
        sign(db, world, case)
    proposal = propose(db, world, case, "drop")
    with pytest.raises(RefusedError, match="Only a medical director"):
        sign(db, world, case, actor=world.tom.actor)
    with pytest.raises(RefusedError, match="not your password"):
        certification_cases.sign_case(
            db, actor=world.mira.actor, case_id=case.id, proposal_id=proposal.id, password="x", seen="", now=LATER
        )
    with pytest.raises(NotFoundError):
        case_queries.get_case(db, world.other_organisation_id, case.id)


def test_a_pass_that_the_recount_does_not_bear_out_stands_until_it_is_reviewed(db: Session, world: World) -> None:
    at = critical_item(db, world)
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW)
    attempt = sit_but(db, world.ann.actor, wrong=[])
    case = correct(db, world, asked_at(db, attempt, at).item_hash, "accept_new", key=[another(db, attempt, at)])
    assert (attempt.passed, attempt.score_numerator) == (True, 1)
    assert events(db, world.ann.id) == [EventKind.ISSUED]
    [waiting] = case_queries.pass_reviews(db, world.organisation_id)
    assert (waiting.name, waiting.regrade.passed, waiting.review) == ("Ann Berg", False, None)
    with pytest.raises(RefusedError, match="Only a medical director"):
        review(db, world, case.id, waiting.regrade.id, STANDS, actor="tom")
    review(db, world, case.id, waiting.regrade.id, STANDS)
    assert attempt.passed
    assert case_queries.pass_reviews(db, world.organisation_id) == []
    with pytest.raises(RefusedError, match="decided already"):
        review(db, world, case.id, waiting.regrade.id, FALLS)


def test_a_pass_that_falls_takes_no_certification_away(db: Session, world: World) -> None:
    at = critical_item(db, world)
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW)
    attempt = sit_but(db, world.ann.actor, wrong=[])
    case = correct(db, world, asked_at(db, attempt, at).item_hash, "accept_new", key=[another(db, attempt, at)])
    [waiting] = case_queries.pass_reviews(db, world.organisation_id)
    review(db, world, case.id, waiting.regrade.id, FALLS)
    assert (attempt.passed, attempt.original_passed) == (False, True)
    assert (attempt.score_numerator, attempt.score_denominator) == (19, 20)
    assert events(db, world.ann.id) == [EventKind.ISSUED]
    assert trail(db, world.ann.id)[-1] == "regrade.reviewed"


def test_an_attempt_closed_after_the_signature_is_scored_by_the_corrected_key(db: Session, world: World) -> None:
    at = critical_item(db, world)
    first = sit_but(db, world.ann.actor, wrong=[at])
    case = correct(db, world, asked_at(db, first, at).item_hash, "accept_new", key=[another(db, first, at)])
    other, running = somebody_asked(db, world, asked_at(db, first, at).item_hash, now=LATER)
    late = answer_but(db, running, other, wrong=[], now=LATER)
    assert (late.original_passed, late.passed) == (True, False)
    row = db.scalars(select(Regrade).where(Regrade.attempt_id == late.id)).one()
    assert (row.case_id, row.was_passed, row.passed) == (case.id, False, False)
    assert case_queries.pass_reviews(db, world.organisation_id) == []


def test_a_later_case_keeps_what_was_signed_before(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at, other_item(at)])
    correct(db, world, asked_at(db, attempt, at).item_hash, "full_credit")
    assert Fraction(attempt.score_numerator or 0, attempt.score_denominator or 1) == Fraction(19, 20)
    correct(db, world, asked_at(db, attempt, other_item(at)).item_hash, "full_credit")
    assert (attempt.passed, attempt.score_numerator, attempt.score_denominator) == (True, 1, 1)
    assert (attempt.original_numerator, attempt.original_denominator) == (9, 10)


def test_one_case_at_a_time_and_only_of_what_was_asked(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    item_hash = asked_at(db, attempt, at).item_hash
    case = open_case(db, world, item_hash)
    with pytest.raises(RefusedError, match="about this question already"):
        open_case(db, world, item_hash)
    with pytest.raises(NotFoundError):
        open_case(db, world, "0" * 64)
    cases.dismiss(db, actor=world.mira.actor, case_id=case.id, reason="The key is right after all.", now=LATER)
    with pytest.raises(RefusedError, match="decided already"):
        propose(db, world, case, "drop")
    assert open_case(db, world, item_hash).id != case.id
    assert "case.dismissed" in set(db.scalars(select(Entry.kind)))


def test_a_key_that_is_the_old_one_is_refused(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    item = asked_at(db, attempt, at)
    case = open_case(db, world, item.item_hash)
    with pytest.raises(RefusedError, match="the key that the question has"):
        propose(db, world, case, "accept_new", key=list(item.keyed["key"]))
    with pytest.raises(RefusedError, match="Choose what becomes"):
        propose(db, world, case, "forget_it")


def test_the_paper_and_the_export_tell_both_scores(db: Session, world: World) -> None:
    at = critical_item(db, world)
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    case = correct(db, world, asked_at(db, attempt, at).item_hash, "full_credit")
    paper = disclosure.read_paper(db, actor=world.ada.actor, attempt_id=attempt.id, now=LATER)
    assert (paper["score"], paper["passed"]) == ("1/1", True)
    assert (paper["original"]["score"], paper["original"]["passed"]) == ("19/20", False)
    [told] = paper["regrades"]
    assert (told["case"], told["policy"], told["score"], told["passed"]) == (case.id, "full_credit", "1/1", True)
    text = disclosure.as_text(paper)
    assert "As it closed 19/20, not passed" in text
    assert f"by case {case.id} (full_credit): 1/1, passed" in text
    assert exported(db, world, known_at=LATER) == {"first_score": "19/20", "case": case.id, "score_percent": 100}
    assert exported(db, world, known_at=NOW) is None


def test_an_export_knows_only_the_scores_of_its_day(db: Session, world: World) -> None:
    at = critical_item(db, world)
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW)
    attempt = sit_but(db, world.ann.actor, wrong=[other_item(at)])
    case = correct(db, world, asked_at(db, attempt, other_item(at)).item_hash, "full_credit")
    before = LATER - timedelta(minutes=1)
    assert exported(db, world, known_at=before) == {"first_score": None, "case": None, "score_percent": 95}
    assert exported(db, world, known_at=LATER) == {"first_score": "19/20", "case": case.id, "score_percent": 100}


def test_two_who_sign_at_once_regrade_once(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        read_lessons(session, world.ann.actor, now=NOW)
        observe(session, world.eva.actor, world.ann.id, now=NOW)
        at = critical_item(session, world)
        attempt = sit_but(session, world.ann.actor, wrong=[at])
        case = open_case(session, world, asked_at(session, attempt, at).item_hash)
        propose(session, world, case, "full_credit")
    got = at_once(busy.database, *[lambda session: sign(session, world, case)] * 4)
    assert sorted(type(one).__name__ for one in got) == ["RefusedError"] * 3 + ["list"]
    with busy.database.session() as session:
        assert session.scalar(select(func.count(Regrade.id))) == 1
        assert events(session, world.ann.id) == [EventKind.ISSUED]


def test_a_submit_while_a_case_is_signed_is_scored_by_one_of_the_two(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        at = critical_item(session, world)
        first = sit_but(session, world.ann.actor, wrong=[at])
        case = open_case(session, world, asked_at(session, first, at).item_hash)
        propose(session, world, case, "full_credit")
        other, running = somebody_asked(session, world, asked_at(session, first, at).item_hash, now=LATER)
    at_once(
        busy.database,
        lambda session: sign(session, world, case),
        lambda session: certification.submit_attempt(
            session, actor=other, attempt_id=running.id, now=LATER + timedelta(minutes=1)
        ),
    )
    with busy.database.session() as session:
        signed = session.scalar(select(func.count(CaseDecision.id)))
        regraded = session.scalar(select(func.count(Regrade.id)).where(Regrade.attempt_id == running.id))
        assert session.get_one(Attempt, running.id).closed_at
        # Signed: the submit found the case, in whichever order. Refused: it came between the count and the signature.
        assert (signed, regraded) in ((1, 1), (0, 0))


def exported(session: Session, world: World, *, known_at: datetime) -> dict[str, object] | None:
    """Return what the export of certifications tells of the score behind Ann's, as known at an instant."""
    asked = Asked(
        organisation_id=world.organisation_id, zone=ZONE, is_demo=False, day=day_in(ZONE, LATER), known_at=known_at
    )
    for values in CERTIFICATIONS.rows(session, asked):
        row = dict(zip(CERTIFICATIONS.columns, values, strict=True))
        return {name: row[name] for name in ("first_score", "case", "score_percent")}
    return None


def seat(session: Session, world: World) -> object:
    """Return whether Ann may sit the exam the next morning."""
    return standing(
        session,
        organisation_id=world.organisation_id,
        account_id=world.ann.id,
        zone=ZONE,
        course_id=COURSE,
        now=NOW + timedelta(hours=20),
    ).seat


def another(session: Session, attempt: Attempt, position: int) -> str:
    """Return an option of an item that its key does not hold."""
    item = asked_at(session, attempt, position)
    return str(next(one["id"] for one in item.shown["options"] if one["id"] not in item.keyed["key"]))


def other_item(position: int) -> int:
    """Return the place of another item."""
    return 1 if position > 1 else 2


def again(session: Session, world: World, case_id: int) -> None:
    """Count a case's latest proposal anew, as Mira."""
    correction, tally = cases.dry_run_again(session, actor=world.mira.actor, case_id=case_id)
    cases.propose(
        session, actor=world.mira.actor, case_id=case_id, correction=correction, tally=tally, again=True, now=LATER
    )


def review(session: Session, world: World, case_id: int, regrade_id: int, outcome: str, actor: str = "mira") -> None:
    """Decide a review."""
    certification_cases.decide_review(
        session,
        actor=world.people[actor].actor,
        case_id=case_id,
        regrade_id=regrade_id,
        outcome=outcome,
        reason="Both answers were defensible at the time.",
        now=LATER,
    )


def test_nobody_signs_or_reviews_their_own_result(db: Session, world: World) -> None:
    at = critical_item(db, world)
    treats = also_technician(db, world, world.mira.id)
    attempt = sit_but(db, treats, wrong=[at])
    case = open_case(db, world, asked_at(db, attempt, at).item_hash)
    propose(db, world, case, "full_credit")
    with pytest.raises(RefusedError, match="changes your own result"):
        sign(db, world, case, actor=treats)
    other = also(db, world, world.ada.id, Role.MEDICAL_DIRECTOR)
    assert sign(db, world, case, actor=other) == []
    assert db.get_one(Attempt, attempt.id).passed


def test_who_published_an_item_does_not_end_the_case_of_somebody_else(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    author = also(db, world, world.ada.id, Role.AUTHOR)
    case = cases.open_case(
        db,
        actor=author,
        item_hash=asked_at(db, attempt, at).item_hash,
        reason="It is wrong.",
        evidence="The protocol says so.",
        appeal_id=None,
        now=LATER,
    )
    with pytest.raises(RefusedError, match="You published this question"):
        cases.dismiss(db, actor=world.tom.actor, case_id=case.id, reason="No it is not.", now=LATER)
    ended = cases.dismiss(db, actor=author, case_id=case.id, reason="I misread it.", now=LATER)
    assert (ended.case_id, ended.kind) == (case.id, DISMISSED)
