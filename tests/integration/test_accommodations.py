"""Accommodations and breaks through the services: what holds for whom from when, and what a break does to the clock."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.certification import service as certification
from app.certification.standing import standing
from app.cli.demo_story import form_for, sit
from app.clock import day_in
from app.errors import NotFoundError, RefusedError
from app.exams import accommodations, breaks, timing
from app.exams import queries as exams
from app.exams.disclosure import as_text, read_paper
from app.exams.history import sat
from app.exams.models import Accommodation, AttemptBreak
from app.exams.timing import Terms
from tests.databases import Databases, EngineName
from tests.factories import COURSE, ZONE, World
from tests.integration.accommodated import MORE, REASON, grant
from tests.integration.story import NOW, answer, at_once, start, submit, town, trail

MINUTE = timedelta(minutes=1)
TODAY = day_in(ZONE, NOW)
DAY = timedelta(days=1)


def seat(session: Session, world: World, **later: Any) -> timing.Allowed | timing.Refused:
    """Return whether Ann may sit."""
    return standing(
        session,
        organisation_id=world.organisation_id,
        account_id=world.ann.id,
        zone=ZONE,
        course_id=COURSE,
        now=NOW + timedelta(**later),
    ).seat


def test_the_next_attempt_has_the_time_and_the_running_one_keeps_its_own(db: Session, world: World) -> None:
    ben = start(db, world.ben.actor)
    granted = grant(db, world)
    ann = start(db, world.ann.actor)
    assert ann.deadline_at == NOW + timedelta(minutes=37, seconds=30)
    assert ben.deadline_at == NOW + timedelta(minutes=30)
    assert ann.terms == {
        "time_factor": "5/4",
        "extra_attempts": 1,
        "breaks": 2,
        "break_minutes": 10,
        "accommodations": [granted.id],
    }
    assert ben.terms is None
    accommodations.end(db, actor=world.max.actor, account_id=world.ann.id, accommodation_id=granted.id, now=NOW)
    db.expire_all()
    assert start(db, world.ann.actor, now=NOW + MINUTE).deadline_at == ann.deadline_at
    assert trail(db, world.ann.id)[-3:] == ["accommodation.ended", "accommodation.granted", "attempt.started"]


def test_it_holds_in_its_course_between_its_days(db: Session, world: World) -> None:
    first, last = TODAY + 2 * DAY, TODAY + 4 * DAY
    grant(db, world, first_on=first, last_on=last, course_id=COURSE)
    numbers = [seat(db, world, days=days) for days in range(7)]
    assert [one.of for one in numbers if isinstance(one, timing.Allowed)] == [3, 3, 4, 4, 4, 3, 3]
    held = sat(db, world.organisation_id, [world.ann.id]).accommodations[world.ann.id]
    assert [one.holds("hair-removal", first) for one in held] == [False]


def test_more_attempts_keep_the_exam_open_after_the_last(db: Session, world: World) -> None:
    for days_ago in (6, 4, 2):
        sit(db, world.ann.actor, course_id=COURSE, at=NOW - days_ago * DAY, right=False)
    assert seat(db, world) == timing.Refused(kind=timing.RefusalKind.USED_UP)
    granted = grant(db, world, Terms(extra_attempts=1))
    assert seat(db, world) == timing.Allowed(number=4, of=4)
    accommodations.end(db, actor=world.ida.actor, account_id=world.ann.id, accommodation_id=granted.id, now=NOW)
    assert seat(db, world) == timing.Refused(kind=timing.RefusalKind.USED_UP)


def test_of_several_the_most_of_each_holds(db: Session, world: World) -> None:
    grant(db, world, Terms(time_factor=Fraction(5, 4), breaks=1, break_minutes=30))
    grant(db, world, Terms(time_factor=Fraction(3, 2), extra_attempts=2, breaks=2, break_minutes=10))
    attempt = start(db, world.ann.actor)
    assert timing.terms_of(attempt.terms) == Terms(
        time_factor=Fraction(3, 2), extra_attempts=2, breaks=1, break_minutes=30
    )


@pytest.mark.parametrize(
    ("terms", "more", "sentence"),
    [
        (Terms(), {}, "Grant more time"),
        (Terms(break_minutes=10), {}, "Grant more time"),
        (Terms(time_factor=Fraction(7, 2)), {}, "once to 3 times"),
        (Terms(time_factor=Fraction(1, 2), breaks=1, break_minutes=5), {}, "once to 3 times"),
        (Terms(extra_attempts=6), {}, "0 to 5 more attempts"),
        (Terms(breaks=7, break_minutes=10), {}, "0 to 6 breaks"),
        (Terms(breaks=1), {}, "how long a break may last"),
        (Terms(breaks=1, break_minutes=61), {}, "how long a break may last"),
        (MORE, {"first_on": TODAY - DAY}, "today or a later day"),
        (MORE, {"last_on": TODAY - DAY}, "not before the first"),
        (MORE, {"reason": " a "}, "3 to 500 characters"),
    ],
)
def test_what_cannot_be_granted_is_explained(
    db: Session, world: World, terms: Terms, more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(RefusedError, match=sentence):
        grant(db, world, terms, **more)
    assert db.scalar(select(func.count(Accommodation.id))) == 0


def test_nobody_grants_or_ends_out_of_their_reach(db: Session, world: World) -> None:
    granted = grant(db, world)
    for actor in (world.eva.actor, world.ann.actor, world.mira.actor, world.olga.actor):
        with pytest.raises(NotFoundError):
            grant(db, world, actor=actor)
        with pytest.raises(NotFoundError):
            accommodations.end(db, actor=actor, account_id=world.ann.id, accommodation_id=granted.id, now=NOW)
    with pytest.raises(NotFoundError):
        grant(db, world, account_id=world.ben.id)
    with pytest.raises(NotFoundError):
        grant(db, world, course_id="no-such-course")
    with pytest.raises(NotFoundError):
        accommodations.end(db, actor=world.ida.actor, account_id=world.ben.id, accommodation_id=granted.id, now=NOW)
    with pytest.raises(RefusedError, match="ask another manager"):
        grant(db, world, account_id=world.max.id)
    assert db.scalar(select(func.count(Accommodation.id))) == 1


def test_a_break_stops_the_clock_for_what_was_taken(db: Session, world: World) -> None:
    grant(db, world)
    attempt = start(db, world.ann.actor)
    ends_at = attempt.deadline_at
    breaks.take(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 5 * MINUTE)
    assert (attempt.break_ends_at, attempt.deadline_at) == (NOW + 15 * MINUTE, ends_at + 10 * MINUTE)
    assert not saved(db, world, attempt.id, minutes=6)
    breaks.come_back(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 9 * MINUTE)
    assert attempt.deadline_at == ends_at + 4 * MINUTE
    assert saved(db, world, attempt.id, minutes=9)
    # The second one ends by itself, and the exam is closed where the moved deadline stands.
    breaks.take(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 20 * MINUTE)
    breaks.come_back(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 31 * MINUTE)
    assert attempt.deadline_at == ends_at + 14 * MINUTE
    with pytest.raises(RefusedError, match="no break left"):
        breaks.take(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 32 * MINUTE)
    assert certification.close_overdue(db, now=ends_at + 14 * MINUTE - timedelta(seconds=1)) == 0
    assert certification.close_overdue(db, now=ends_at + 14 * MINUTE) == 1
    assert [(one["number"], one["came_back"]) for one in breaks.breaks_of(db, attempt)] == [(1, True), (2, False)]
    assert trail(db, world.ann.id).count("attempt.break_started") == 2
    assert trail(db, world.ann.id).count("attempt.break_ended") == 1


def test_who_goes_on_comes_to_the_first_open_item(db: Session, world: World) -> None:
    grant(db, world)
    attempt = start(db, world.ann.actor)
    answer(db, world.ann.actor, attempt.id, now=NOW + MINUTE, upto=3)
    breaks.take(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 2 * MINUTE)
    assert breaks.come_back(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 3 * MINUTE) == 4


def test_without_a_grant_and_of_another_there_is_no_break(db: Session, world: World) -> None:
    attempt = start(db, world.ann.actor)
    with pytest.raises(RefusedError, match="no break left"):
        breaks.take(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + MINUTE)
    for actor in (world.ben.actor, world.max.actor, world.olga.actor):
        with pytest.raises(NotFoundError):
            breaks.take(db, actor=actor, attempt_id=attempt.id, now=NOW + MINUTE)
        with pytest.raises(NotFoundError):
            breaks.come_back(db, actor=actor, attempt_id=attempt.id, now=NOW + MINUTE)


def test_after_the_end_there_is_no_break(db: Session, world: World) -> None:
    grant(db, world)
    attempt = start(db, world.ann.actor)
    submit(db, world.ann.actor, attempt.id, now=NOW + MINUTE)
    with pytest.raises(RefusedError, match="no break left"):
        breaks.take(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 2 * MINUTE)
    breaks.come_back(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + 2 * MINUTE)
    assert db.scalar(select(func.count()).select_from(AttemptBreak)) == 0


def test_many_breaks_at_once_are_one(engine_name: EngineName, databases: Databases) -> None:
    with town(engine_name, databases) as busy:
        with busy.database.transaction() as session:
            grant(session, busy.world)
            attempt = start(session, busy.world.ann.actor)
        acts: list[Callable[[Session], object]] = [
            partial(breaks.take, actor=busy.world.ann.actor, attempt_id=attempt.id, now=NOW + MINUTE)
        ] * 8
        assert [one for one in at_once(busy.database, *acts) if isinstance(one, Exception)] == []
        with busy.database.session() as session:
            assert session.scalar(select(func.count()).select_from(AttemptBreak)) == 1
            kept = exams.get_attempt(session, busy.world.organisation_id, attempt.id)
            assert (kept.breaks_taken, kept.deadline_at) == (1, attempt.deadline_at + 10 * MINUTE)


def test_the_paper_tells_terms_breaks_and_draws_again(db: Session, world: World) -> None:
    granted = grant(db, world)
    attempt = start(db, world.ann.actor)
    breaks.take(db, actor=world.ann.actor, attempt_id=attempt.id, now=NOW + MINUTE)
    submit(db, world.ann.actor, attempt.id, now=NOW + 2 * MINUTE)
    paper = read_paper(db, actor=world.ada.actor, attempt_id=attempt.id, now=NOW + 3 * MINUTE)
    assert paper["terms"]["accommodations"] == [granted.id]
    # Nobody came back; the exam was closed before the break was over.
    assert [one["ended_at"] for one in paper["breaks"]] == [(NOW + 2 * MINUTE).isoformat()]
    assert paper["drawn_again"] is True
    text = as_text(paper)
    assert "time times 5/4, 1 more attempts, 2 breaks of 10 minutes" in text
    assert "the same paper: yes" in text
    assert REASON not in text


def saved(session: Session, world: World, attempt_id: int, *, minutes: int) -> bool:
    """Let Ann answer the first item; tell whether it was saved."""
    first = exams.paper(session, attempt_id)[0]
    got = certification.save_response(
        session,
        actor=world.ann.actor,
        attempt_id=attempt_id,
        position=1,
        form=form_for(first.shown, first.keyed["key"], right=True),
        now=NOW + minutes * MINUTE,
    )
    assert got.over is False
    return not got.on_break
