"""The stop button: what a director withdraws is taught, asked and certified no more, and nobody slips in meanwhile."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from app.certification import service as certification
from app.certification.lifecycle import State
from app.certification.queries import cells_of
from app.certification.standing import standing
from app.cli.demo_story import form_for, sit
from app.errors import NotFoundError, RefusedError
from app.exams import queries as exams
from app.exams.scoring import ScoredItem, score_paper
from app.learning import service as learning
from app.releases import comparing, queries, service
from app.releases.manifest import exam_of
from tests.databases import Databases, EngineName
from tests.factories import (
    COURSE,
    PASSWORD,
    World,
    assign,
    observe,
    read_lessons,
    revised_course,
    sister_course,
)
from tests.integration.editions import FACT, LATER, begin, confirm, items_of, revised, seed_that, sign, withdraw
from tests.integration.story import NOW, at_once, certifications, events, start, town
from tests.integration.wrong_keys import LATER as AFTER_CASE
from tests.integration.wrong_keys import asked_at, correct, critical_item, sit_but


def test_a_withdrawn_release_stops_everything_at_once(db: Session, world: World) -> None:
    running = start(db, world.ann.actor)
    assert withdraw(db, world, "") == 1
    closed = exams.get_attempt(db, world.organisation_id, running.id)
    assert (closed.closed_by, closed.passed) == ("withdrawn", False)
    for act in (
        lambda: start(db, world.ann.actor),
        lambda: certification.complete_lesson(
            db, actor=world.ann.actor, course_id=COURSE, lesson_id="settings", now=LATER
        ),
        lambda: learning.assign(
            db,
            actor=world.ida.actor,
            account_id=world.ben.id,
            course_id=COURSE,
            due_on=None,
            today=LATER.date(),
            now=LATER,
        ),
        lambda: withdraw(db, world, ""),
        lambda: withdraw(db, world, FACT),
    ):
        with pytest.raises(RefusedError, match="withdrawn"):
            act()
    assert certifications(db, world.ann.id) == []


def test_a_pass_earns_nothing_on_a_withdrawn_release(db: Session, world: World) -> None:
    read_lessons(db, world.ann.actor, now=NOW)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    withdraw(db, world, "")
    with pytest.raises(RefusedError, match="No certification covers"):
        observe(db, world.eva.actor, world.ann.id, now=LATER)
    assert events(db, world.ann.id) == []


def test_a_pass_on_a_withdrawn_release_earns_nothing_on_the_next(db: Session, world: World) -> None:
    read_lessons(db, world.ann.actor, now=NOW)
    sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    withdraw(db, world, "")
    release = revised(db, world)
    confirm(db, world, release)
    sign(db, world, release)
    observe(db, world.eva.actor, world.ann.id, now=LATER)
    assert events(db, world.ann.id) == []
    assert start(db, world.ann.actor, now=LATER).release_id == release.id


@pytest.mark.parametrize("narrow", [True, False])
def test_a_pass_counts_only_if_it_holds_without_the_withdrawn_rows(db: Session, world: World, narrow: bool) -> None:  # noqa: FBT001
    exam = exam_of(queries.get_release(db, world.organisation_id, world.release_id).manifest)
    attempt = begin(db, world.ann, seed=7)
    paper = exams.paper(db, attempt.id)
    facts = [one for asked in paper for one in asked.keyed["facts"] if one.startswith("contraindications/")][:6]
    resting = {one.position for one in paper if set(facts) & set(one.keyed["facts"])}
    wrong: set[int] = set()
    if narrow:  # as many wrong as the cuts let pass, none of them resting on the rows
        for position in {one.position for one in paper} - resting:
            if score_paper([_scored(one, wrong | {position}) for one in paper], exam).passed:
                wrong.add(position)
    for asked in paper:
        form = form_for(asked.shown, asked.keyed["key"], right=asked.position not in wrong)
        certification.save_response(
            db, actor=world.ann.actor, attempt_id=attempt.id, position=asked.position, form=form, now=NOW
        )
    assert certification.submit_attempt(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW).passed
    for fact in dict.fromkeys(facts):
        withdraw(db, world, fact)
    read_lessons(db, world.ann.actor, now=LATER)
    observe(db, world.eva.actor, world.ann.id, now=LATER)
    assert len(certifications(db, world.ann.id)) == (0 if narrow else 1)
    if narrow:  # it does not count as failed either: she sits again at once
        assert begin(db, world.ann, seed=8, now=LATER).number == 2


def test_a_withdrawal_weighs_a_pass_by_the_keys_that_count(db: Session, world: World) -> None:
    at = critical_item(db, world)
    attempt = sit_but(db, world.ann.actor, wrong=[at])
    item = asked_at(db, attempt, at)
    correct(db, world, item.item_hash, "full_credit")
    assert (attempt.original_passed, attempt.passed) == (False, True)
    other = next(
        fact
        for one in exams.paper(db, attempt.id)
        for fact in one.keyed["facts"]
        if fact not in item.keyed["facts"] and not fact.startswith("settings/")
    )
    withdraw(db, world, other)
    later = AFTER_CASE + timedelta(minutes=5)
    read_lessons(db, world.ann.actor, now=later)
    observe(db, world.eva.actor, world.ann.id, now=later)
    assert len(certifications(db, world.ann.id)) == 1


def _scored(asked: exams.Asked, wrong: set[int]) -> ScoredItem:
    return ScoredItem(
        section=asked.section,
        objective=asked.keyed["objective"],
        critical=asked.critical,
        credit=Fraction(asked.position not in wrong),
        answered=True,
    )


def test_what_a_pass_has_earned_stays_when_a_row_is_withdrawn(db: Session, world: World) -> None:
    read_lessons(db, world.ann.actor, now=NOW)
    observe(db, world.eva.actor, world.ann.id, now=NOW)
    attempt_id = sit(db, world.ann.actor, course_id=COURSE, at=NOW, right=True)
    for fact in sorted({one for asked in exams.paper(db, attempt_id) for one in asked.keyed["facts"]})[:8]:
        withdraw(db, world, fact)
    where = standing(
        db,
        organisation_id=world.organisation_id,
        account_id=world.ann.id,
        zone="UTC",
        course_id=COURSE,
        now=NOW + timedelta(hours=2),
    )
    assert where.state.state is State.ACTIVE
    assert where.earning is not None
    assert where.earning.id == attempt_id


def test_a_withdrawn_row_ends_attempts_that_began_on_an_earlier_edition(db: Session, world: World) -> None:
    resting = queries.items_resting_on(db, world.release_id, [FACT])
    asking = begin(db, world.ann, seed=seed_that(world, db, resting, asks=True))
    other = begin(db, world.ben, seed=seed_that(world, db, resting, asks=False))
    release = revised(db, world)
    confirm(db, world, release)
    sign(db, world, release)
    assert withdraw(db, world, FACT, release_id=release.id) == 1
    for attempt in (asking, other):
        db.refresh(attempt)
    assert (asking.closed_by, other.closed_by) == ("withdrawn", None)


def test_a_withdrawn_row_does_not_come_back_unchanged(db: Session, world: World) -> None:
    same = replace(revised_course(), edition="2027.9")
    kept = next(
        piece.key
        for piece in comparing.pieces(db, queries.get_release(db, world.organisation_id, world.release_id))
        if piece.key.startswith("contraindications/")
    )
    withdraw(db, world, kept)
    release = service.publish(db, actor=world.tom.actor, frozen=same, now=NOW)
    confirm(db, world, release)
    with pytest.raises(RefusedError, match="unchanged in this one"):
        sign(db, world, release)


def test_an_attempt_that_a_withdrawal_ended_does_not_count(db: Session, world: World) -> None:
    release = queries.get_release(db, world.organisation_id, world.release_id)
    resting = queries.items_resting_on(db, release.id, [FACT])
    ended = begin(db, world.ann, seed=seed_that(world, db, resting, asks=True))
    withdraw(db, world, FACT)
    db.refresh(ended)
    assert ended.closed_by == "withdrawn"
    for number in (2, 3, 4):  # as many as the course allows, without waiting for the first
        at = NOW + timedelta(days=2 * (number - 2))
        assert sit(db, world.ann.actor, course_id=COURSE, at=at, right=False)
    with pytest.raises(RefusedError, match="used up"):
        start(db, world.ann.actor, now=NOW + timedelta(days=9))


def test_a_withdrawn_row_is_asked_no_more_and_grants_nothing(db: Session, world: World) -> None:
    resting = queries.items_resting_on(db, world.release_id, [FACT])
    asking = begin(db, world.ann, seed=seed_that(world, db, resting, asks=True))
    other = begin(db, world.ben, seed=seed_that(world, db, resting, asks=False))
    assert withdraw(db, world, FACT) == 1
    for attempt in (asking, other):
        db.refresh(attempt)
    assert (asking.closed_by, other.closed_by) == ("withdrawn", None)
    again = begin(db, world.ann, seed=asking.seed)
    assert items_of(db, again) & set(resting) == set()
    in_force = queries.in_force(db, world.organisation_id, COURSE)
    assert in_force is not None
    assert list(in_force.withdrawn.facts) == [FACT]
    assert cells_of(in_force.release) != ()
    assert cells_of(in_force.release, in_force.withdrawn.facts) == ()  # the one row that grants


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_fact_that_another_course_teaches_is_stopped_there_as_well(
    db: Session,
    world: World,
    everywhere: bool,  # noqa: FBT001
) -> None:
    sister = service.publish(db, actor=world.tom.actor, frozen=sister_course(), now=NOW)
    sign(db, world, sister)
    assign(db, world.ida.actor, world.ann.id, now=NOW, course_id="sister")
    release = queries.get_release(db, world.organisation_id, world.release_id)
    shared = {key: rows for key, rows in comparing.taught_as_well(db, release).items() if rows}
    sitting = certification.start_attempt(db, actor=world.ann.actor, course_id="sister", seed=7, now=NOW)
    asked = {fact for one in exams.paper(db, sitting.id) for fact in one.keyed["facts"]}
    fact = next(key for key in shared if key in asked)
    assert [(row.release.id, row.key) for row in shared[fact]] == [(sister.id, fact)]
    assert withdraw(db, world, fact, everywhere=everywhere) == int(everywhere)
    stopped = queries.all_in_force(db, world.organisation_id)
    assert {course: list(one.withdrawn.facts) for course, one in stopped.items()} == {
        COURSE: [fact],
        "sister": [fact] if everywhere else [],
    }
    assert comparing.taught_as_well(db, sister)[fact] == []  # what is stopped is not offered again


def test_what_ran_out_before_is_recorded_as_what_it_was(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    certification.withdraw(
        db,
        actor=world.mira.actor,
        release_id=world.release_id,
        fact="",
        password=PASSWORD,
        reason="Two burns",
        now=NOW + timedelta(days=1),
    )
    db.refresh(attempt)
    assert (attempt.closed_by, attempt.closed_at) == ("ran_out", attempt.deadline_at)


@pytest.mark.parametrize("fact", ["", FACT])
def test_nobody_slips_in_while_it_is_withdrawn(engine_name: EngineName, databases: Databases, fact: str) -> None:
    with town(engine_name, databases) as busy:
        world = busy.world
        with busy.database.session() as session:
            resting = queries.items_resting_on(session, world.release_id, [FACT])
            seed = seed_that(world, session, resting, asks=True)
        at_once(
            busy.database,
            lambda session: begin(session, world.ann, seed=seed),
            lambda session: withdraw(session, world, fact),
            lambda session: begin(session, world.ben, seed=seed),
        )
        with busy.database.session() as session:
            in_force = queries.in_force(session, world.organisation_id, COURSE)
            assert in_force is not None
            assert in_force.withdrawn != queries.NOTHING_WITHDRAWN
            still_open = exams.unclosed(session, world.organisation_id, COURSE)
            assert not any(items_of(session, one) & set(resting) for one in still_open)
            assert fact or still_open == []


def test_only_a_medical_director_with_password_and_reason_withdraws(db: Session, world: World) -> None:
    for person in (world.ann, world.max, world.tom, world.ada, world.ida):
        with pytest.raises(RefusedError, match="Only a medical director withdraws"):
            withdraw(db, world, "", by=person)
    with pytest.raises(RefusedError, match="password"):
        withdraw(db, world, "", password="wrong")
    with pytest.raises(RefusedError, match="Give the reason in 3 to 500 characters"):
        withdraw(db, world, "", reason="  ")
    with pytest.raises(NotFoundError):
        withdraw(db, world, "settings/no-such-row")
    unsigned = service.publish(db, actor=world.tom.actor, frozen=revised_course(), now=NOW)
    with pytest.raises(RefusedError, match="not signed"):
        withdraw(db, world, "", release_id=unsigned.id)
    in_force = queries.in_force(db, world.organisation_id, COURSE)
    assert in_force is not None
    assert in_force.withdrawn == queries.NOTHING_WITHDRAWN


def test_a_new_edition_takes_the_place_of_a_withdrawn_one(db: Session, world: World) -> None:
    withdraw(db, world, "")
    release = revised(db, world)
    confirm(db, world, release)
    sign(db, world, release)
    in_force = queries.in_force(db, world.organisation_id, COURSE)
    assert in_force is not None
    assert (in_force.release.id, in_force.withdrawn.whole) == (release.id, None)
    assert start(db, world.ann.actor, now=LATER).release_id == release.id
