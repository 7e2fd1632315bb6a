"""Saving a response: never over what is newer, a retry adds nothing, and how sure one was is kept and hashed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Entry
from app.certification import service as certification
from app.cli.demo_story import form_for
from app.errors import NotFoundError, RefusedError
from app.exams import coaching
from app.exams import queries as exams
from app.exams.models import Attempt, CoachingTask, Response
from app.exams.queries import Asked
from app.exams.responses import hash_revisions
from app.exams.saving import Saved
from tests.asking import sign_edition
from tests.databases import EngineName
from tests.factories import World
from tests.integration.story import MOMENT, NOW, Town, at_once, start, submit
from tests.integration.wrong_keys import correct

SOON = NOW + timedelta(minutes=5)
CROWD = 8
Form = dict[str, list[str]]


def test_an_older_page_overwrites_nothing(db: Session, world: World) -> None:
    attempt_id, asked = begin(db, world)
    right, wrong = forms(asked)
    assert save(db, world=world, attempt_id=attempt_id, form=right, known=0).revision == 1
    late = save(db, world=world, attempt_id=attempt_id, form=wrong, known=0)
    assert (late.overtaken, late.revision) == (True, 0)
    assert [one[2] for one in exams.revisions(db, attempt_id)] == [chosen(right, asked)]
    assert save(db, world=world, attempt_id=attempt_id, form=wrong, known=1).revision == 2
    assert save(db, world=world, attempt_id=attempt_id, form=right, known=1).overtaken
    assert save(db, world=world, attempt_id=attempt_id, form=right, known=9).overtaken


def test_the_same_choice_again_adds_nothing_and_tells_when_it_was_saved(db: Session, world: World) -> None:
    attempt_id, asked = begin(db, world)
    right, _ = forms(asked)
    first = save(db, world=world, attempt_id=attempt_id, form=right, known=0)
    for known in (0, 1):
        again = save(db, world=world, attempt_id=attempt_id, form=right, known=known, minutes=9)
        assert (again.revision, again.saved_at, again.overtaken) == (1, first.saved_at, False)
    assert len(exams.revisions(db, attempt_id)) == 1


def test_a_save_takes_two_statements_and_what_stands_already_one(db: Session, world: World) -> None:
    attempt_id, asked = begin(db, world)
    right, wrong = forms(asked)
    for form, known, statements in ((right, 0, 2), (wrong, 1, 2), (wrong, 2, 1), (right, None, 2)):
        told: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_more: object, told: list[str] = told) -> None:
            told.append(statement)

        sa.event.listen(db.get_bind(), "before_cursor_execute", note)
        save(db, world=world, attempt_id=attempt_id, form=form, known=known)
        sa.event.remove(db.get_bind(), "before_cursor_execute", note)
        assert len(told) == statements, told


def test_of_two_tabs_at_once_one_saves_and_the_other_is_told(busy: Town) -> None:
    with busy.database.transaction() as session:
        attempt_id, asked = begin(session, busy.world)
    right, wrong = forms(asked)
    for known in range(4):
        acts: list[Callable[[Session], Saved]] = [
            partial(save, world=busy.world, attempt_id=attempt_id, form=form, known=known)
            for form in ((right, wrong) if known % 2 == 0 else (wrong, right))
        ]
        got = [one for one in at_once(busy.database, *acts) if isinstance(one, Saved)]
        with busy.database.session() as session:
            kept = exams.revisions(session, attempt_id)
        saved = [one for one in got if not one.overtaken]
        # What repeats the newest choice is saved already: then it may be that only the other one adds a revision.
        assert (len(got), len(kept)) == (2, known + 1)
        assert {one.revision for one in saved} <= {known, known + 1}
        assert any(one.revision == known + 1 for one in saved)


def test_a_crowd_of_retries_adds_one_revision(busy: Town) -> None:
    with busy.database.transaction() as session:
        attempt_id, asked = begin(session, busy.world)
    right, _ = forms(asked)
    act = partial(save, world=busy.world, attempt_id=attempt_id, form=right, known=0)
    got = at_once(busy.database, *(act,) * CROWD)
    assert {(one.revision, one.overtaken) for one in got if isinstance(one, Saved)} == {(1, False)}
    assert len(got) == CROWD
    with busy.database.session() as session:
        assert len(exams.revisions(session, attempt_id)) == 1


def test_a_save_that_waits_for_a_submit_finds_it_over(busy: Town) -> None:
    with busy.database.transaction() as session:
        attempt_id, asked = begin(session, busy.world)
    with ThreadPoolExecutor(1) as pool:
        with busy.database.transaction() as session:
            closed = submit(session, busy.world.ann.actor, attempt_id, now=SOON)
            waiting = pool.submit(save_alone, busy, attempt_id, forms(asked)[0])
            with pytest.raises(TimeoutError):
                waiting.result(MOMENT)
        assert waiting.result().over
    with busy.database.session() as session:
        assert exams.revisions(session, attempt_id) == []
    assert closed.responses_hash == hash_revisions([])


def test_a_save_stands_by_itself(busy: Town, engine_name: EngineName) -> None:
    with busy.database.transaction() as session:
        attempt_id, asked = begin(session, busy.world)
    with busy.database.single() as session:
        assert save(session, world=busy.world, attempt_id=attempt_id, form=forms(asked)[0], known=0).revision == 1
        session.rollback()
    with busy.database.session() as session:
        assert len(exams.revisions(session, attempt_id)) == (1 if engine_name == "postgresql" else 0)


def test_how_sure_one_is_is_kept_with_the_revision_and_hashed(db: Session, world: World) -> None:
    sign_edition(db, world, now=NOW, certainty=True)
    attempt_id, asked = begin(db, world)
    right, _ = forms(asked)
    save(db, world=world, attempt_id=attempt_id, form={**right, "certainty": ["sure"]}, known=0)
    save(db, world=world, attempt_id=attempt_id, form={**right, "certainty": ["not_sure"]}, known=1)
    assert list(db.scalars(select(Response.certainty).order_by(Response.revision))) == ["sure", "not_sure"]
    assert save(db, world=world, attempt_id=attempt_id, form={**right, "certainty": ["sure"]}, known=1).overtaken
    with pytest.raises(RefusedError, match="Choose sure or not sure"):
        save(db, world=world, attempt_id=attempt_id, form={**right, "certainty": ["very"]}, known=2)
    closed = submit(db, world.ann.actor, attempt_id, now=SOON)
    revisions = exams.revisions(db, attempt_id)
    assert [one[4] for one in revisions] == ["sure", "not_sure"]
    assert closed.responses_hash == hash_revisions(revisions) != hash_revisions(one[:4] for one in revisions)


def test_how_sure_one_is_is_not_kept_where_it_is_not_asked(db: Session, world: World) -> None:
    attempt_id, asked = begin(db, world)
    save(db, world=world, attempt_id=attempt_id, form={**forms(asked)[0], "certainty": ["sure"]}, known=0)
    closed = submit(db, world.ann.actor, attempt_id, now=SOON)
    assert [len(one) for one in exams.revisions(db, attempt_id)] == [4]
    assert closed.responses_hash == hash_revisions(exams.revisions(db, attempt_id))


def test_who_was_sure_of_a_wrong_critical_answer_is_talked_with(db: Session, world: World) -> None:
    tasks, attempt_id = sit_sure_and_wrong(db, world)
    critical = {one.position: one.shown["topic"] for one in exams.paper(db, attempt_id) if one.critical}
    sure = [position for position in critical if position % 2]
    assert [(one.position, one.topic) for one in tasks] == [(position, critical[position]) for position in sure]
    assert sure
    told = [key for one in exams.paper(db, attempt_id) for key in (one.shown["stem"], one.keyed["why"])]
    assert not any(one.topic in told for one in tasks)


def test_a_task_is_done_once_with_a_note(db: Session, world: World) -> None:
    tasks, _ = sit_sure_and_wrong(db, world)
    done = partial(coaching.finish_task, db, account_id=world.ann.id, task_id=tasks[0].id, now=SOON)
    with pytest.raises(RefusedError, match="Write down what you talked about"):
        done(actor=world.max.actor, note=" x ")
    for other in (world.eva.actor, world.ben.actor, world.ada.actor, world.olga.actor):
        with pytest.raises(NotFoundError):
            done(actor=other, note="We talked.")
    done(actor=world.max.actor, note="We read the lesson on eyewear again.")
    done(actor=world.ida.actor, note="Another note, too late.")
    db.refresh(tasks[0])
    assert (tasks[0].done_by, tasks[0].note) == (world.max.id, "We read the lesson on eyewear again.")
    assert list(db.scalars(select(Entry.kind).where(Entry.kind == "coaching.done"))) == ["coaching.done"]


def test_a_task_ends_where_the_corrected_key_finds_the_answer_right(db: Session, world: World) -> None:
    tasks, attempt_id = sit_sure_and_wrong(db, world)
    asked = exams.paper(db, attempt_id)[tasks[0].position - 1]
    correct(db, world, asked.item_hash, "full_credit")
    db.expire_all()
    assert [bool(one.done_at) for one in tasks] == [True] + [False] * (len(tasks) - 1)
    assert (tasks[0].done_by, tasks[0].note) == (world.mira.id, coaching.CORRECTED)


def test_no_task_is_made_of_an_answer_that_the_corrected_key_finds_right(db: Session, world: World) -> None:
    tasks, attempt_id = sit_sure_and_wrong(db, world)
    for task in tasks:
        correct(db, world, exams.paper(db, attempt_id)[task.position - 1].item_hash, "full_credit")
    attempt = db.get_one(Attempt, attempt_id)
    assert coaching.note_tasks(db, attempt=attempt, now=SOON) == 0


def test_nothing_is_talked_over_of_an_attempt_that_was_ended(db: Session, world: World) -> None:
    sign_edition(db, world, now=NOW, certainty=True)
    attempt_id, _ = begin(db, world)
    answer_surely(db, world, attempt_id)
    certification.disable_account(db, actor=world.max.actor, account_id=world.ann.id, reason="Left", now=SOON)
    assert db.scalars(select(CoachingTask)).all() == []


def save_alone(town: Town, attempt_id: int, form: Form) -> Saved:
    """Save as a page does."""
    with town.database.single() as session:
        return save(session, world=town.world, attempt_id=attempt_id, form=form, known=0)


def begin(session: Session, world: World) -> tuple[int, Asked]:
    """Start Ann's attempt; return it and its first item with one answer, of which there is another one."""
    attempt = start(session, world.ann.actor)
    asked = next(one for one in exams.paper(session, attempt.id) if one.shown["type"] == "single-choice")
    return attempt.id, asked


def forms(asked: Asked) -> tuple[Form, Form]:
    """Return the right and a wrong form of an item."""
    made = [form_for(asked.shown, asked.keyed["key"], right=right) for right in (True, False)]
    return {**made[0], "position": [str(asked.position)]}, {**made[1], "position": [str(asked.position)]}


def chosen(form: Form, asked: Asked) -> list[str]:
    """Return what a form of an item with one answer chooses."""
    assert asked.shown["type"] == "single-choice"
    return form["choice"]


def save(
    session: Session, *, world: World, attempt_id: int, form: Form, known: int | None, minutes: float = 1
) -> Saved:
    """Save a response of Ann's by a page that knew of a revision; the form names its item."""
    return certification.save_response(
        session,
        actor=world.ann.actor,
        attempt_id=attempt_id,
        position=int(form["position"][0]),
        form=form,
        now=NOW + timedelta(minutes=minutes),
        known=known,
    )


def answer_surely(session: Session, world: World, attempt_id: int) -> None:
    """Answer everything wrongly, sure of every other one."""
    for one in exams.paper(session, attempt_id):
        form = {**forms(one)[1], "certainty": ["sure" if one.position % 2 else "not_sure"]}
        save(session, world=world, attempt_id=attempt_id, form=form, known=0)


def sit_sure_and_wrong(session: Session, world: World) -> tuple[list[CoachingTask], int]:
    """Let Ann sit an exam that asks how sure she is, wrong in everything; return what is to be talked over."""
    sign_edition(session, world, now=NOW, certainty=True)
    attempt_id, _ = begin(session, world)
    answer_surely(session, world, attempt_id)
    submit(session, world.ann.actor, attempt_id, now=SOON)
    assert session.get_one(Attempt, attempt_id).passed is False
    return list(session.scalars(select(CoachingTask).order_by(CoachingTask.position))), attempt_id
