"""Sitting an exam through the services: starting, saving, running out, submitting; alone and all at once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.certification import leaving
from app.certification import service as certification
from app.certification.models import CertificationEvent
from app.cli.demo_story import sit
from app.errors import NotFoundError, RefusedError
from app.exams import queries as exams
from app.exams.history import attempt_in_course
from app.exams.models import ENDED, Attempt, Response
from app.exams.responses import hash_revisions
from app.exams.service import RAN_OUT, SUBMITTED
from app.people import service as people
from app.people.models import RoleGrant
from tests.factories import COURSE, World, observe, read_lessons
from tests.integration.story import (
    ITEMS,
    NOW,
    Town,
    answer,
    at_once,
    certifications,
    events,
    next_edition,
    publish_and_sign,
    start,
    submit,
    trail,
)
from tests.integration.wrong_keys import also_technician

CROWD = 8
DEADLINE = NOW + timedelta(minutes=30)
SOON = NOW + timedelta(minutes=5)


def test_starting_twice_goes_on_with_one_attempt(db: Session, world: World) -> None:
    first = start(db, world.ann.actor)
    again = start(db, world.ann.actor, now=SOON, seed=2)
    assert (first.id, first.deadline_at) == (again.id, DEADLINE)
    assert trail(db, world.ann.id).count("attempt.started") == 1


def test_many_starts_at_once_make_one_attempt(busy: Town) -> None:
    got = at_once(busy.database, *(partial(start, actor=busy.world.ann.actor, seed=seed) for seed in range(CROWD)))
    with busy.database.session() as session:
        ids = list(session.scalars(select(Attempt.id)))
    assert {one.id for one in got if isinstance(one, Attempt)} == set(ids)
    assert (len(ids), [one for one in got if isinstance(one, Exception)]) == (1, [])


def test_many_starts_at_once_do_not_exceed_the_attempts(busy: Town) -> None:
    with busy.database.transaction() as session:
        for days_ago in (6, 4, 2):
            sit(session, busy.world.ann.actor, course_id=COURSE, at=NOW - timedelta(days=days_ago), right=False)
    got = at_once(busy.database, *(partial(start, actor=busy.world.ann.actor) for _ in range(CROWD)))
    assert {type(one) for one in got} == {RefusedError}
    with busy.database.session() as session:
        assert session.scalar(select(func.count(Attempt.id))) == 3


def test_many_submits_at_once_issue_one_certification(busy: Town) -> None:
    attempt_id = ready_to_submit(busy)
    got = at_once(
        busy.database, *(partial(submit, actor=busy.world.ann.actor, attempt_id=attempt_id, now=SOON),) * CROWD
    )
    assert [one for one in got if isinstance(one, Exception)] == []
    issued_once(busy)
    with busy.database.session() as session:
        assert trail(session, busy.world.ann.id).count("attempt.submitted") == 1


@pytest.mark.parametrize("last", ["sign_off", "lesson"])
def test_two_last_requirements_at_once_issue_one_certification(busy: Town, last: str) -> None:
    attempt_id = ready_to_submit(busy, sign_offs=2 if last == "sign_off" else 3, unread=int(last == "lesson"))
    acts: list[Callable[[Session], object]] = [
        partial(submit, actor=busy.world.ann.actor, attempt_id=attempt_id, now=SOON),
        partial(one_more_sign_off if last == "sign_off" else last_lesson, world=busy.world),
    ]
    got = at_once(busy.database, *acts)
    assert [one for one in got if isinstance(one, Exception)] == []
    issued_once(busy)


def test_saves_and_a_submit_at_once_lose_nothing(busy: Town) -> None:
    with busy.database.transaction() as session:
        attempt_id = start(session, busy.world.ann.actor).id
    acts: list[Callable[[Session], object]] = [
        partial(save, world=busy.world, attempt_id=attempt_id, position=position) for position in range(1, CROWD)
    ]
    acts.insert(CROWD // 2, partial(submit, actor=busy.world.ann.actor, attempt_id=attempt_id, now=SOON))
    got = at_once(busy.database, *acts)
    assert [one for one in got if isinstance(one, Exception)] == []
    saved = sum(one is True for one in got)
    with busy.database.session() as session:
        attempt = session.get_one(Attempt, attempt_id)
        revisions = exams.revisions(session, attempt_id)
    # What was told to be saved is there, and it is what was scored.
    assert len(revisions) == saved
    assert attempt.responses_hash == hash_revisions(revisions)


def test_saves_of_one_item_at_once_are_all_kept(busy: Town) -> None:
    with busy.database.transaction() as session:
        attempt_id = start(session, busy.world.ann.actor).id
    got = at_once(
        busy.database, *(partial(save, world=busy.world, attempt_id=attempt_id, position=1) for _ in range(CROWD))
    )
    assert got == [True] * CROWD
    with busy.database.session() as session:
        assert [revision for _, revision, _, _ in exams.revisions(session, attempt_id)] == list(range(1, CROWD + 1))


def test_the_worker_and_a_submit_at_once_close_once(busy: Town) -> None:
    attempt_id = ready_to_submit(busy)
    late = DEADLINE + timedelta(minutes=1)
    acts: list[Callable[[Session], object]] = [
        partial(certification.close_overdue, now=late),
        partial(submit, actor=busy.world.ann.actor, attempt_id=attempt_id, now=late),
    ]
    assert [one for one in at_once(busy.database, *acts * 2) if isinstance(one, Exception)] == []
    issued_once(busy)
    with busy.database.session() as session:
        assert session.get_one(Attempt, attempt_id).closed_at == DEADLINE


def test_what_was_saved_counts_at_the_deadline(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    answer(db, world.ann.actor, attempt.id, now=SOON, upto=7)
    late = DEADLINE + timedelta(hours=5)
    closed = submit(db, world.ann.actor, attempt.id, now=late)
    assert (closed.closed_at, closed.closed_by, closed.passed) == (DEADLINE, RAN_OUT, False)
    assert (closed.score_numerator, closed.score_denominator) == (7, ITEMS)


@pytest.mark.parametrize("by", ["submit", "start", "worker"])
def test_a_certification_starts_on_the_day_of_the_deadline(db: Session, world: World, by: str) -> None:
    evening = NOW.replace(hour=22, minute=45)  # 23:45 in Zurich: the deadline is tomorrow there
    attempt = start(db, world.ann.actor, now=evening)
    everything_else(db, world)
    answer(db, world.ann.actor, attempt.id, now=evening + timedelta(minutes=1))
    late = evening + timedelta(days=3)
    match by:
        case "submit":
            submit(db, world.ann.actor, attempt.id, now=late)
        case "start":
            with pytest.raises(RefusedError, match=r"You can sit the exam again from 24 October 2027"):
                start(db, world.ann.actor, now=late)
        case _:
            assert certification.close_overdue(db, now=late) == 1
    event = db.scalars(select(CertificationEvent)).one()
    assert (str(event.effective_on), event.recorded_at) == ("2026-11-23", late)


def test_the_worker_closes_only_what_ran_out(db: Session, world: World) -> None:
    start(db, world.ann.actor)
    running = start(db, world.ben.actor, now=NOW + timedelta(minutes=1))
    assert certification.close_overdue(db, now=DEADLINE) == 1
    assert certification.close_overdue(db, now=DEADLINE) == 0
    assert running.closed_at is None


def test_the_last_instant_still_counts_and_the_deadline_does_not(db: Session, world: World) -> None:
    attempt_id = start(db, world.ann.actor).id
    assert save(db, world=world, attempt_id=attempt_id, position=1, seconds=1799.999)
    assert not save(db, world=world, attempt_id=attempt_id, position=1, seconds=1800)
    assert [revision for _, revision, _, _ in exams.revisions(db, attempt_id)] == [1]


def test_after_submitting_nothing_is_saved(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    closed = submit(db, world.ann.actor, attempt.id, now=SOON)
    before = (closed.closed_at, closed.responses_hash)
    assert not save(db, world=world, attempt_id=attempt.id, position=1)
    assert not certification.set_flag(
        db, actor=world.ann.actor, attempt_id=attempt.id, position=1, flagged=True, now=SOON
    )
    again = submit(db, world.ann.actor, attempt.id, now=DEADLINE + timedelta(days=1))
    assert (again.closed_by, again.closed_at, again.responses_hash) == (SUBMITTED, *before)


def test_nobody_else_touches_an_attempt(db: Session, world: World) -> None:
    attempt_id = start(db, world.ann.actor).id
    for other in (world.ben.actor, world.max.actor, world.ida.actor, world.olga.actor):
        with pytest.raises(NotFoundError):
            submit(db, other, attempt_id, now=SOON)
        with pytest.raises(NotFoundError):
            certification.save_response(
                db, actor=other, attempt_id=attempt_id, position=1, form={"choice": ["a"]}, now=SOON
            )
        with pytest.raises(NotFoundError):
            certification.set_flag(db, actor=other, attempt_id=attempt_id, position=1, flagged=True, now=SOON)


def test_nobody_leaves_the_role_by_which_they_sit(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    [grant] = db.scalars(select(RoleGrant.id).where(RoleGrant.account_id == world.ann.id)).all()
    end = partial(leaving.end_role, db, actor=world.ida.actor, account_id=world.ann.id, grant_id=grant)
    with pytest.raises(RefusedError, match="Ann Berg is sitting an exam"), db.begin_nested():
        end(now=NOW)
    assert db.get_one(RoleGrant, grant).ended_at is None
    submit(db, world.ann.actor, attempt.id, now=NOW)
    end(now=NOW)
    assert db.get_one(RoleGrant, grant).ended_at == NOW


def test_nobody_grants_themselves_an_attempt(db: Session, world: World) -> None:
    treats = also_technician(db, world, world.max.id)
    with pytest.raises(RefusedError, match="ask another manager"):
        certification.grant_attempt(
            db, actor=treats, account_id=treats.account_id, course_id=COURSE, reason="One more", now=NOW
        )


def test_disabling_ends_an_open_attempt_which_never_passes(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    everything_else(db, world)
    answer(db, world.ann.actor, attempt.id, now=SOON)
    certification.disable_account(db, actor=world.max.actor, account_id=world.ann.id, reason="Left", now=SOON)
    submit(db, world.ann.actor, attempt.id, now=SOON)
    certification.close_overdue(db, now=DEADLINE)
    db.refresh(attempt)
    assert (attempt.closed_by, attempt.closed_at, attempt.passed) == (ENDED, SOON, False)
    assert (attempt.score_numerator, attempt.score_denominator) == (1, 1)
    assert certifications(db, world.ann.id) == []
    people.enable(db, actor=world.max.actor, account_id=world.ann.id, now=SOON)
    observe(db, world.eva.actor, world.ann.id, now=SOON, times=1)
    assert certifications(db, world.ann.id) == []


def test_disabling_does_not_take_away_what_ran_out_before(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    everything_else(db, world)
    answer(db, world.ann.actor, attempt.id, now=SOON)
    late = DEADLINE + timedelta(minutes=1)
    certification.disable_account(db, actor=world.max.actor, account_id=world.ann.id, reason="Left", now=late)
    db.refresh(attempt)
    assert (attempt.closed_by, attempt.passed) == (RAN_OUT, True)
    assert len(certifications(db, world.ann.id)) == 1


def test_an_open_attempt_keeps_its_release(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    paper = exams.paper(db, attempt.id)
    stricter = next_edition(exam={**frozen_exam(world, db), "cut_score_percent": 100})
    newer = publish_and_sign(db, world, stricter, now=NOW + timedelta(minutes=1))
    answer(db, world.ann.actor, attempt.id, now=SOON, upto=ITEMS - 1)
    closed = submit(db, world.ann.actor, attempt.id, now=SOON)
    assert (closed.release_id, newer.id != closed.release_id) == (world.release_id, True)
    assert [one.item_hash for one in exams.paper(db, attempt.id)] == [one.item_hash for one in paper]
    assert start(db, world.ben.actor, now=SOON).release_id == newer.id


def test_a_second_paper_asks_other_items_first(db: Session, world: World) -> None:
    first = sit(db, world.ann.actor, course_id=COURSE, at=NOW - timedelta(days=2), right=False)
    second = start(db, world.ann.actor, seed=3)
    seen = {one.item_id for one in exams.paper(db, first)}
    again = [one for one in exams.paper(db, second.id) if one.item_id in seen]
    assert len(again) <= ITEMS // 4


def test_choices_that_were_not_offered_are_refused(db: Session, world: World) -> None:
    attempt_id = start(db, world.ann.actor).id
    with pytest.raises(RefusedError, match="Choose one of the answers shown"):
        certification.save_response(
            db, actor=world.ann.actor, attempt_id=attempt_id, position=1, form={"choice": ["z"]}, now=SOON
        )
    assert db.scalar(select(func.count()).select_from(Response)) == 0


def ready_to_submit(busy: Town, *, sign_offs: int = 3, unread: int = 0) -> int:
    """Lead Ann to the point where submitting is all that is missing, but for what is left out; return the attempt."""
    with busy.database.transaction() as session:
        attempt_id = start(session, busy.world.ann.actor).id
        everything_else(session, busy.world, sign_offs=sign_offs, unread=unread)
        answer(session, busy.world.ann.actor, attempt_id, now=NOW + timedelta(minutes=1))
    return attempt_id


def everything_else(session: Session, world: World, *, sign_offs: int = 3, unread: int = 0) -> None:
    """Let Ann read and be observed."""
    read_lessons(session, world.ann.actor, now=NOW, all_but=unread)
    observe(session, world.eva.actor, world.ann.id, now=NOW, times=sign_offs)


def one_more_sign_off(session: Session, *, world: World) -> None:
    """Observe Ann once more."""
    observe(session, world.eva.actor, world.ann.id, now=SOON, times=1)


def last_lesson(session: Session, *, world: World) -> None:
    """Let Ann read the last lesson."""
    lesson_id = "when-it-goes-wrong"
    certification.complete_lesson(session, actor=world.ann.actor, course_id=COURSE, lesson_id=lesson_id, now=SOON)


def save(session: Session, *, world: World, attempt_id: int, position: int, seconds: float = 60) -> bool:
    """Save a response of Ann's that is nothing but a try; tell whether it was saved."""
    shown = exams.paper(session, attempt_id)[position - 1].shown
    form = {"order": [option["id"] for option in shown["options"]]} if shown["type"] == "ordering" else {}
    saved = certification.save_response(
        session,
        actor=world.ann.actor,
        attempt_id=attempt_id,
        position=position,
        form=form,
        now=NOW + timedelta(seconds=seconds),
    )
    return not saved.over


def frozen_exam(world: World, session: Session) -> dict[str, object]:
    """Return the exam of the release in force."""
    attempt = start(session, world.ann.actor)
    release = attempt_in_course(
        session, organisation_id=world.organisation_id, account_id=world.ann.id, attempt_id=attempt.id, now=NOW
    )[1]
    return dict(release.manifest["exam"])


def issued_once(busy: Town) -> None:
    """Make sure that Ann holds one certification, issued once."""
    with busy.database.session() as session:
        assert len(certifications(session, busy.world.ann.id)) == 1
        assert [kind.value for kind in events(session, busy.world.ann.id)] == ["issued"]
        assert trail(session, busy.world.ann.id).count("certification.issued") == 1
