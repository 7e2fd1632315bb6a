"""Recalls through the services: who rests on a changed fact, what they do about it, what follows, how it ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.certification import queries as certifications
from app.certification import recall_ends, recall_queries, recalls
from app.certification.lifecycle import State
from app.certification.recall_models import CLOSED, Recall, RecallChange, RecallDecision, RecallDone, RecallItem
from app.certification.recalling import OVERDUE, Bond, Consequence, Progress, Task, digest_of
from app.cli.demo_story import sit
from app.clock import day_in
from app.errors import NotFoundError, RefusedError
from app.exams.bank import SEEDS
from app.releases import service as releases
from app.releases.freeze import Frozen
from app.releases.models import Release, ReleaseItem
from app.reports import recall_starts
from app.reports import recalls as reports
from app.reports.exports import CERTIFICATIONS, Asked
from tests.factories import COURSE, PASSWORD, REVISED_ROW, ZONE, Person, World, frozen_course
from tests.integration.conftest import Template
from tests.integration.editions import FACT, begin, confirm, sign, withdraw
from tests.integration.recalled import DUE, TODAY, answer, certified_and_revised, digests, make_revised, recall
from tests.integration.story import NOW, Town, at_once, trail

LATE = NOW + timedelta(days=20)


@pytest.fixture
def made() -> Template:
    """Ann is certified, and the edition that corrects a figure is signed."""
    return "world_revised", make_revised


def read(session: Session, world: World, one: Recall, *, now: datetime = NOW) -> reports.RecallRead:
    return reports.read_recall(session, world.organisation_id, one.id, within=None, day=day_in(ZONE, now), now=now)


def progress(session: Session, world: World, one: Recall, *, now: datetime = NOW) -> list[Progress]:
    return [each.progress for each in read(session, world, one, now=now).people]


def held(session: Session, world: World) -> certifications.Held:
    return certifications.held_by(session, world.organisation_id, [world.ann.id])[world.ann.id][0]


def test_who_rests_on_the_old_fact_is_found_with_how(db: Session, world: World) -> None:
    certified, release = certified_and_revised(db, world)
    found = recall_starts.read_preview(db, world.organisation_id, release.id, digests(db, release), TODAY)
    assert [one.certification_id for one in found.resting] == [certified.id]
    [one] = found.resting
    assert {Bond.CELLS, Bond.TAUGHT} <= set(one.bonds[FACT])
    assert one.cells
    assert {cell.skin_type for cell in one.cells} == {3, 4}
    assert found.names == {world.ann.id: "Ann Berg"}
    assert found.clinics == {world.ann.id: ("Riverside",)}


def test_a_recall_freezes_who_what_and_by_when_and_tells_the_trail(db: Session, world: World) -> None:
    certified, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    [one] = read(db, world, made).people
    assert (one.number, one.progress, one.clinics) == (certified.number, Progress.OPEN, ("Riverside",))
    assert (made.due_on, made.task, made.meaning) == (DUE, "read", recalls.STARTS)
    assert trail(db).count("recall.started") == 1
    [on] = held(db, world).recalls
    assert on.is_open(NOW)
    assert not on.is_open(NOW - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"due_on": TODAY}, "from tomorrow on"),
        ({"reason": " x "}, "Give the reason in 3 to 500"),
        ({"password": "wrong"}, "not your password"),
        ({"seen": "0" * 64}, "no longer what you saw"),
        ({"keys": ()}, "Choose at least one change"),
    ],
)
def test_a_start_that_is_not_whole_is_refused(
    db: Session, world: World, told: dict[str, object], sentence: str
) -> None:
    _, release = certified_and_revised(db, world)
    with pytest.raises(RefusedError, match=sentence):
        recall(db, world, release, **told)  # type: ignore[arg-type]
    assert db.scalar(sa.select(sa.func.count(Recall.id))) == 0


def test_only_a_director_of_the_house_starts_one(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    for person in (world.ann, world.max, world.eva, world.ada, world.tom, world.ida):
        with pytest.raises(RefusedError, match="Only a medical director"):
            recall(db, world, release, by=person)
    with pytest.raises(NotFoundError):
        recall(db, world, release, by=world.olga)


def test_what_is_no_fact_or_key_and_a_first_edition_are_not_recalled(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    keys = {one.key for one in recall_starts.read_recallable(db, world.organisation_id, release.id).changes}
    assert FACT in keys
    assert not any(key.startswith(("lessons/", "scheme/")) for key in keys)
    with pytest.raises(NotFoundError):
        recall_starts.read_recallable(db, world.organisation_id, world.release_id)


def test_a_change_is_recalled_once_at_a_time_and_again_after_the_end(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    with pytest.raises(RefusedError, match="is open already"):
        recall(db, world, release)
    recall_ends.end(db, actor=world.mira.actor, recall_id=made.id, reason="The wrong row", password=PASSWORD, now=NOW)
    recall(db, world, release)
    rounds = db.scalars(sa.select(RecallChange.round).order_by(RecallChange.id)).all()
    assert rounds == [1, 2]


def test_a_withdrawn_row_is_not_recalled(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    withdraw(db, world, FACT, release_id=release.id)
    with pytest.raises(RefusedError, match="was withdrawn"):
        recall(db, world, release)


def test_two_directors_start_the_same_recall_once(busy: Town) -> None:
    world = busy.world
    with busy.database.transaction() as session:
        _, release = certified_and_revised(session, world)
    got = at_once(busy.database, *[lambda session: recall(session, world, release).id] * 2)
    assert sorted(type(one).__name__ for one in got) == ["RefusedError", "int"]
    with busy.database.session() as session:
        assert session.scalar(sa.select(sa.func.count(Recall.id))) == 1


def test_reading_needs_the_tick_and_counts_once(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    with pytest.raises(RefusedError, match="Tick that you read"):
        recalls.acknowledge(db, actor=world.ann.actor, recall_id=made.id, ticked=False, now=NOW)
    done = recalls.acknowledge(db, actor=world.ann.actor, recall_id=made.id, ticked=True, now=NOW)
    again = recalls.acknowledge(db, actor=world.ann.actor, recall_id=made.id, ticked=True, now=LATE)
    assert (again.id, again.done_on, done.meaning) == (done.id, TODAY, recalls.MEANINGS[Task.READ])
    assert trail(db, world.ann.id).count("recall.done") == 1
    assert progress(db, world, made) == [Progress.DONE]


def test_a_recall_of_others_is_not_found(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    for person in (world.ben, world.olga):
        with pytest.raises(NotFoundError):
            recalls.acknowledge(db, actor=person.actor, recall_id=made.id, ticked=True, now=NOW)
    with pytest.raises(NotFoundError):
        reports.read_recall(db, world.other_organisation_id, made.id, within=None, day=TODAY, now=NOW)
    seen = reports.read_recall(db, world.organisation_id, made.id, within=[world.hafen], day=TODAY, now=NOW)
    assert seen.people == ()


def test_two_confirmations_at_the_deadline_are_one(busy: Town) -> None:
    world, last = busy.world, datetime.combine(DUE, NOW.timetz())
    with busy.database.transaction() as session:
        _, release = certified_and_revised(session, world)
        made = recall(session, world, release).id
    got = at_once(
        busy.database,
        *[lambda session: recalls.acknowledge(session, actor=world.ann.actor, recall_id=made, ticked=True, now=last).id]
        * 2,
    )
    assert got[0] == got[1]
    with busy.database.session() as session:
        assert session.scalar(sa.select(sa.func.count(RecallDone.id))) == 1
        assert trail(session, world.ann.id).count("recall.done") == 1


def test_who_ends_a_recall_while_somebody_does_it_waits_in_no_ring(busy: Town) -> None:
    world, later = busy.world, NOW + timedelta(hours=1)
    with busy.database.transaction() as session:
        made = recall(session, world, certified_and_revised(session, world)[1]).id
    end = partial(recall_ends.end, actor=world.mira.actor, recall_id=made, reason="A misprint", password=PASSWORD)
    read = partial(recalls.acknowledge, actor=world.ann.actor, recall_id=made, ticked=True)
    read_it, ended = at_once(busy.database, partial(read, now=later), partial(end, now=later))
    assert isinstance(read_it, RecallDone | RefusedError)  # refused where the recall was over first
    assert ended is None


def test_past_the_last_day_the_cells_that_rest_on_it_are_held_until_it_is_done(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    on_last, after = held(db, world).on(DUE, NOW), held(db, world).on(DUE + timedelta(days=1), NOW)
    assert (on_last.state, on_last.back) == (State.ACTIVE, ())
    assert {(one.cell.skin_type, one.code) for one in after.back} == {(3, OVERDUE), (4, OVERDUE)}
    # The course grants no other cell, so nothing of it is left in force.
    assert (after.state, after.reason_code, after.since_on) == (State.SUSPENDED, OVERDUE, DUE + timedelta(days=1))
    assert "edition 2027.1" in (after.reason or "")
    assert progress(db, world, made, now=LATE) == [Progress.OVERDUE]
    recalls.acknowledge(db, actor=world.ann.actor, recall_id=made.id, ticked=True, now=LATE)
    done_on = day_in(ZONE, LATE)
    assert held(db, world).on(done_on - timedelta(days=1), LATE).back
    assert held(db, world).on(done_on, LATE).back == ()
    # As it was known before, it had no end.
    assert held(db, world).on(done_on, LATE - timedelta(seconds=1)).back


def test_without_a_consequence_nothing_is_held(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    recall(db, world, release, consequence=Consequence.NOTHING)
    assert held(db, world).on(day_in(ZONE, LATE), LATE).back == ()


def test_a_quiz_asks_only_what_changed_and_never_the_exams_variants(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release, task=Task.QUIZ)
    assert made.units
    assert all(REVISED_ROW in unit for unit in made.units)
    first = answer(db, world.ann, made.id, now=NOW, right=False)
    assert first is not None
    assert progress(db, world, made) == [Progress.OPEN]
    asked = 1
    while answer(db, world.ann, made.id, now=NOW) is not None:
        asked += 1
    assert asked == len(made.units) + 1  # the wrong one came back
    items = db.scalars(sa.select(RecallItem)).all()
    live = set(db.scalars(sa.select(ReleaseItem.item_hash).where(ReleaseItem.release_id == release.id)))
    assert {one.variant for one in items} <= set(SEEDS)
    assert live.isdisjoint(one.item_hash for one in items)
    done = recall_queries.done_by(db, world.organisation_id, made.id, world.ann.id)
    assert done
    assert done.tries == asked
    assert progress(db, world, made) == [Progress.DONE]


def test_a_quiz_is_closed_while_an_exam_is_sat(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    quiz = recall(db, world, release, task=Task.QUIZ)
    asked = recalls.ask(db, actor=world.ann.actor, recall_id=quiz.id, now=NOW)
    other = next(key for key in keys_of(db, release) if key != FACT)
    recall(db, world, release, keys=(other,), task=Task.EXAM)
    begin(db, world.ann, seed=1, now=NOW)
    with pytest.raises(RefusedError, match="You are sitting an exam"):
        recalls.ask(db, actor=world.ann.actor, recall_id=quiz.id, now=NOW)
    with pytest.raises(RefusedError, match="You are sitting an exam"):
        recalls.respond(db, actor=world.ann.actor, recall_id=quiz.id, item_id=asked or 0, form={}, now=NOW)


def keys_of(session: Session, release: Release) -> list[str]:
    found = recall_starts.read_recallable(session, release.organisation_id, release.id)
    return [one.key for one in found.changes]


def test_the_exam_again_gives_a_seat_and_a_pass_ends_the_task(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    with pytest.raises(RefusedError):
        begin(db, world.ann, seed=1)
    made = recall(db, world, release, task=Task.EXAM)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW + timedelta(hours=1), right=False)
    assert progress(db, world, made) == [Progress.OPEN]
    again = NOW + timedelta(days=3)
    attempt_id = sit(db, world.ann.actor, course_id=COURSE, at=again, right=True)
    done = recall_queries.done_by(db, world.organisation_id, made.id, world.ann.id)
    assert done
    assert (done.attempt_id, done.done_on) == (attempt_id, day_in(ZONE, again))
    assert [one.kind for one in held(db, world).events] == ["issued"]  # before its window nothing is renewed
    with pytest.raises(RefusedError):
        begin(db, world.ann, seed=2, now=again + timedelta(days=1))


def test_a_pass_on_an_edition_with_the_old_fact_does_not_count(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release, task=Task.EXAM)
    frozen = frozen_course()
    publish_and_sign_back(db, world, frozen)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW + timedelta(days=2), right=True)
    assert progress(db, world, made) == [Progress.OPEN]


def publish_and_sign_back(session: Session, world: World, frozen: Frozen) -> None:
    back = releases.publish(
        session,
        actor=world.tom.actor,
        frozen=replace(frozen, hash="b" * 64, edition="2027.2"),
        now=NOW + timedelta(days=1),
    )
    confirm(session, world, back)
    sign(session, world, back)


def test_a_report_is_signed_when_everybody_did_it(db: Session, world: World) -> None:
    certified, release = certified_and_revised(db, world)
    made = recall(db, world, release)

    def close(seen: str | None = None, by: Person | None = None) -> None:
        report = reports.report_of(read(db, world, made))
        reports.close(
            db,
            actor=(by or world.mira).actor,
            recall_id=made.id,
            seen=seen or recall_digest(report),
            password=PASSWORD,
            day=TODAY,
            now=NOW,
        )

    with pytest.raises(RefusedError, match="has not done it yet"):
        close()
    recalls.acknowledge(db, actor=world.ann.actor, recall_id=made.id, ticked=True, now=NOW)
    with pytest.raises(RefusedError, match="no longer what you saw"):
        close(seen="0" * 64)
    with pytest.raises(RefusedError, match="Only a medical director"):
        close(by=world.max)
    close()
    with pytest.raises(RefusedError, match="signed already"):
        close()
    [decision] = db.scalars(sa.select(RecallDecision)).all()
    assert decision.report
    assert (decision.kind, decision.digest) == (CLOSED, recall_digest(decision.report))
    assert decision.report["people"][0]["number"] == certified.number
    assert trail(db).count("recall.closed") == 1


def recall_digest(report: dict[str, object]) -> str:
    return digest_of(report)


def test_ending_early_frees_who_was_late_and_closes_the_task(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    with pytest.raises(RefusedError, match="Give the reason"):
        recall_ends.end(db, actor=world.mira.actor, recall_id=made.id, reason="", password=PASSWORD, now=LATE)
    recall_ends.end(
        db, actor=world.mira.actor, recall_id=made.id, reason="The row is withdrawn", password=PASSWORD, now=LATE
    )
    assert held(db, world).on(day_in(ZONE, LATE), LATE).back == ()
    assert progress(db, world, made, now=LATE) == [Progress.RELEASED]
    with pytest.raises(RefusedError, match="This recall is over"):
        recalls.acknowledge(db, actor=world.ann.actor, recall_id=made.id, ticked=True, now=LATE)
    with pytest.raises(RefusedError, match="ended already"):
        recall_ends.end(
            db, actor=world.mira.actor, recall_id=made.id, reason="Again and again", password=PASSWORD, now=LATE
        )


def test_the_export_says_which_recall_is_open_and_counts_its_hold(db: Session, world: World) -> None:
    _, release = certified_and_revised(db, world)
    made = recall(db, world, release)
    names = list(CERTIFICATIONS.columns)

    def row(at: datetime) -> dict[str, object]:
        asked = Asked(
            organisation_id=world.organisation_id, zone=ZONE, is_demo=False, day=day_in(ZONE, at), known_at=at
        )
        [found] = list(CERTIFICATIONS.rows(db, asked))
        return dict(zip(names, found, strict=True))

    assert row(NOW)["recall"] == f"{made.id}: read by {DUE.isoformat()}"
    assert row(NOW - timedelta(days=1))["recall"] is None
    late = row(LATE)
    assert (late["state"], late["reason_code"]) == ("suspended", OVERDUE)
    assert late["recall"] == f"{made.id}: read by {DUE.isoformat()}"
    recalls.acknowledge(db, actor=world.ann.actor, recall_id=made.id, ticked=True, now=LATE)
    done = row(LATE)
    assert (done["state"], done["recall"]) == ("active", None)
