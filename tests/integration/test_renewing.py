"""Renewals through the services: less is asked, first what changed and what was wrong, and the lessons that count."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.certification import service as certification
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.recalling import Task
from app.certification.standing import Standing, standing
from app.cli.demo_story import form_for, sit
from app.exams import queries as exams
from app.exams.disclosure import as_text, read_paper
from app.exams.models import Attempt
from app.exams.renewing import weak_rows
from app.learning.models import LessonCompletion
from app.releases import queries as releases
from tests.asking import sign_renewing
from tests.factories import (
    COURSE,
    REVISED_ROW,
    ZONE,
    World,
    certify,
    frozen_course,
    observe,
    read_lessons,
    revised_course,
)
from tests.integration.editions import FACT
from tests.integration.recalled import recall
from tests.integration.story import ITEMS, NOW, certifications, events, start

BEGAN = NOW - timedelta(days=345)
CERTIFIED = NOW - timedelta(days=340)
REVISED = NOW - timedelta(days=100)
SHORTER = 10


@pytest.fixture
def moment() -> datetime:
    """The people of the house have been there for a year."""
    return BEGAN


def test_a_renewal_asks_first_what_changed_since(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=CERTIFIED)
    release = sign_renewing(db, world, now=REVISED, lessons="none", of=revised_course())
    attempt = start(db, world.ann.actor)
    assert (attempt.items, attempt.deadline_at) == (SHORTER, NOW + timedelta(minutes=15))
    asked = {one.keyed["key_row"] for one in exams.paper(db, attempt.id)}
    changed = {FACT, f"statements/{revised_statement()}"}
    assert changed <= asked
    pool = releases.pool_of(db, release).items
    told = attempt.proof["renewal"]
    assert told["pool_changed"] == sum(one.key_row in changed for one in pool)
    assert (told["changed"], told["weak"], told["core"]) == (2, 0, SHORTER - 2)
    assert told["since"] == {"release": world.release_id, "edition": frozen_course().edition}


def test_of_a_step_that_changed_the_items_that_rest_on_it_are_asked(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=CERTIFIED)
    frozen = frozen_course()
    step = next(one for one in frozen.pieces if one.key == "procedure/stp-030-cooling-on")
    assert step.key not in {item.key_row for item in frozen.items}
    other = replace(step, values={**step.values, "stop_if": "Somebody enters the room."})
    pieces = tuple(other if one is step else one for one in frozen.pieces)
    edition = replace(frozen, pieces=pieces, hash="b" * 64)
    release = sign_renewing(db, world, now=REVISED, lessons="none", items=20, of=edition)
    resting = releases.items_resting_on(db, release.id, [step.key])
    attempt = start(db, world.ann.actor)
    asked = [one.item_id for one in exams.paper(db, attempt.id) if one.item_id in resting]
    assert attempt.proof["renewal"]["changed"] == len(asked) >= 1
    assert attempt.proof["renewal"]["pool_changed"] == len(resting)


def test_every_section_of_a_renewal_is_asked_and_its_critical_items_are(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=CERTIFIED)
    sign_renewing(db, world, now=REVISED, lessons="none", items=2)
    sections = start(db, world.ann.actor).proof["sections"]
    assert [one["drawn"] for one in sections] == [1] * 5
    assert [one["critical"] for one in sections] == [int(one["pool_critical"] > 0) for one in sections]


def test_what_was_wrong_comes_back(db: Session, world: World) -> None:
    wrong = wrong_then_certified(db, world)
    weak = weak_rows(db, world.organisation_id, world.ann.id, COURSE)
    right_since = {one.keyed["key_row"] for one in exams.paper(db, latest(db, world).id)}
    assert weak == wrong - right_since
    sign_renewing(db, world, now=REVISED, lessons="none")
    attempt = start(db, world.ann.actor)
    back = [one for one in exams.paper(db, attempt.id) if one.keyed["key_row"] in weak]
    told = attempt.proof["renewal"]
    assert (told["changed"], told["weak"]) == (0, len(back))
    assert len(back) >= SHORTER - 5  # of the five sections each may need its critical item elsewhere


def test_what_was_answered_rightly_since_is_not_weak(db: Session, world: World) -> None:
    wrong_then_certified(db, world)
    sign_renewing(db, world, now=REVISED, lessons="none")
    before = weak_rows(db, world.organisation_id, world.ann.id, COURSE)
    asked = {one.keyed["key_row"] for one in exams.paper(db, sit_right(db, world, now=NOW))}
    assert weak_rows(db, world.organisation_id, world.ann.id, COURSE) == before - asked
    assert weak_rows(db, world.organisation_id, world.ben.id, COURSE) == frozenset()
    assert weak_rows(db, world.other_organisation_id, world.ann.id, COURSE) == frozenset()


def test_a_renewal_is_drawn_again_and_told(db: Session, world: World) -> None:
    wrong_then_certified(db, world)
    sign_renewing(db, world, now=REVISED, lessons="none", of=revised_course())
    attempt_id = sit_right(db, world, now=NOW)
    paper = read_paper(db, actor=world.ada.actor, attempt_id=attempt_id, now=NOW)
    assert paper["drawn_again"] is True
    assert paper["drawn_from"]["renewal"]["items"] == [one["drawn"] for one in paper["proof"]["sections"]]
    told = paper["proof"]["renewal"]
    assert told["changed"] > 0
    assert told["weak"] > 0
    line = f"A renewal: {told['changed']} items rest on what changed since edition {frozen_course().edition}"
    assert line in as_text(paper)


def test_a_shorter_pass_adds_a_period_to_the_same_number(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    sign_renewing(db, world, now=REVISED, lessons="none")
    sit_right(db, world, now=NOW)
    assert [one.number for one in certifications(db, world.ann.id)] == [held.number]
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.RENEWED]


def test_who_is_not_certified_sits_the_whole_exam(db: Session, world: World) -> None:
    sign_renewing(db, world, now=REVISED, lessons="changed")
    attempt = start(db, world.ann.actor)
    assert attempt.items == ITEMS
    assert "renewal" not in attempt.proof
    assert "renewal" not in (attempt.draw_inputs or {})


def test_a_recall_that_asks_for_the_exam_asks_for_the_whole_one_and_it_renews(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=CERTIFIED)
    release = sign_renewing(db, world, now=REVISED, lessons="none", of=revised_course())
    shorter = standing_now(db, world, now=NOW - timedelta(minutes=1))
    assert shorter.renewal
    recall(db, world, release, task=Task.EXAM)
    assert standing_now(db, world).renewal is None
    sit_right(db, world, now=NOW + timedelta(hours=1))
    whole = latest(db, world)
    assert (whole.items, "renewal" in whole.proof) == (ITEMS, False)
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.RENEWED]
    since = standing_now(db, world, now=NOW + timedelta(days=1))
    assert since.held
    assert [one.is_open(NOW + timedelta(days=1)) for one in since.held.recalls] == [False]
    assert since.renewal  # the next one is shorter again


def test_a_shorter_pass_earns_nothing_anew(db: Session, world: World) -> None:
    held = certify(db, world, world.ann, now=CERTIFIED)
    sign_renewing(db, world, now=REVISED, lessons="none")
    attempt = start(db, world.ann.actor)
    change_certification(
        db,
        actor=world.mira.actor,
        certification_id=held.id,
        change=Change(
            kind=EventKind.REVOKED, effective_on=NOW.date(), reason_code="fraud", reason="Somebody else treated."
        ),
        now=NOW + timedelta(minutes=1),
    )
    answer_right(db, world, attempt, now=NOW + timedelta(minutes=2))
    assert attempt.passed
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.REVOKED]
    where = standing_now(db, world, now=NOW + timedelta(minutes=3))
    assert (where.renewal, where.assessment.met) == (None, False)


def test_only_the_lessons_that_changed_are_read_again(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=CERTIFIED)
    release = sign_renewing(db, world, now=REVISED, lessons="changed", of=revised_course())
    sit_right(db, world, now=NOW)
    where = standing_now(db, world)
    assert where.again
    needed, lessons = where.again.needed, [one["id"] for one in release.manifest["lessons"]]
    assert lessons[0] in needed
    assert len(needed) < len(lessons)
    assert where.lessons_read == set(lessons) - set(needed)
    assert events(db, world.ann.id) == [EventKind.ISSUED]
    *others, last = needed
    for lesson_id in others:
        assert not read(db, world, lesson_id)
    assert read(db, world, last)
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.RENEWED]


def test_a_lesson_whose_text_stays_changes_with_a_fact_that_it_shows() -> None:
    hashes = [frozen.manifest["lesson_hashes"] for frozen in (frozen_course(), revised_course())]
    anchor = f'id="fact-settings-{REVISED_ROW}"'
    showing = {lesson_id for lesson_id, _, _, html in revised_course().lessons if anchor in html}
    changed = {one for one in hashes[0] if hashes[0][one] != hashes[1][one]}
    first = revised_course().lessons[0][0]
    assert showing - {first}
    assert changed == showing | {first}


def test_all_lessons_are_read_again_in_the_same_edition(db: Session, world: World) -> None:
    release = sign_renewing(db, world, now=BEGAN + timedelta(days=1), lessons="all")
    certify(db, world, world.ann, now=CERTIFIED)
    lessons = [one["id"] for one in release.manifest["lessons"]]
    assert not read(db, world, lessons[0], now=CERTIFIED + timedelta(days=1))
    assert completions(db, world) == len(lessons)  # between the windows nothing is read again
    sit_right(db, world, now=NOW)
    assert events(db, world.ann.id) == [EventKind.ISSUED]
    for lesson_id in (lessons[0], *lessons[:-1]):
        assert not read(db, world, lesson_id)
    assert standing_now(db, world).lessons_read == set(lessons[:-1])
    assert read(db, world, lessons[-1])
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.RENEWED]
    assert completions(db, world) == 2 * len(lessons)


def test_after_a_renewal_that_needs_no_lessons_none_is_missing(db: Session, world: World) -> None:
    certify(db, world, world.ann, now=CERTIFIED)
    manifest = frozen_course().manifest
    added = {"id": "added", "title": "Added", "minutes": 5, "objectives": []}
    edition = replace(frozen_course(), manifest={**manifest, "lessons": [*manifest["lessons"], added]}, hash="a" * 64)
    sign_renewing(db, world, now=REVISED, lessons="none", of=edition)
    sit_right(db, world, now=NOW)
    assert events(db, world.ann.id) == [EventKind.ISSUED, EventKind.RENEWED]
    assert standing_now(db, world, now=NOW + timedelta(hours=1)).assessment.met


def wrong_then_certified(session: Session, world: World) -> set[str]:
    """Fail Ann's first exam wholly and let her be certified by the next; return the key rows of the first."""
    read_lessons(session, world.ann.actor, now=CERTIFIED)
    observe(session, world.eva.actor, world.ann.id, now=CERTIFIED)
    failed = sit(session, world.ann.actor, course_id=COURSE, at=CERTIFIED - timedelta(days=2), right=False)
    sit(session, world.ann.actor, course_id=COURSE, at=CERTIFIED, right=True)
    return {one.keyed["key_row"] for one in exams.paper(session, failed)}


def sit_right(session: Session, world: World, *, now: datetime) -> int:
    return sit(session, world.ann.actor, course_id=COURSE, at=now, right=True)


def answer_right(session: Session, world: World, attempt: Attempt, *, now: datetime) -> None:
    for one in exams.paper(session, attempt.id):
        form = form_for(one.shown, one.keyed["key"], right=True)
        certification.save_response(
            session, actor=world.ann.actor, attempt_id=attempt.id, position=one.position, form=form, now=now
        )
    certification.submit_attempt(session, actor=world.ann.actor, attempt_id=attempt.id, now=now)


def latest(session: Session, world: World) -> Attempt:
    query = select(Attempt).where(Attempt.account_id == world.ann.id).order_by(Attempt.number.desc()).limit(1)
    return session.scalars(query).one()


def read(session: Session, world: World, lesson_id: str, *, now: datetime = NOW + timedelta(hours=1)) -> bool:
    """Read a lesson as Ann; tell whether that was the last thing missing."""
    _, earned = certification.complete_lesson(
        session, actor=world.ann.actor, course_id=COURSE, lesson_id=lesson_id, now=now
    )
    return earned is not None


def completions(session: Session, world: World) -> int | None:
    return session.scalar(select(func.count(LessonCompletion.id)).where(LessonCompletion.account_id == world.ann.id))


def standing_now(session: Session, world: World, *, now: datetime = NOW + timedelta(minutes=30)) -> Standing:
    return standing(
        session, organisation_id=world.organisation_id, account_id=world.ann.id, zone=ZONE, course_id=COURSE, now=now
    )


def revised_statement() -> str:
    """The statement whose right answer the revised edition changes."""
    before, after = (
        {piece.key: piece.values for piece in frozen.pieces if piece.key.startswith("statements/")}
        for frozen in (frozen_course(), revised_course())
    )
    return next(key.removeprefix("statements/") for key in before if before[key] != after[key])
