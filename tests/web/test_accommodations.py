"""Accommodations on the pages: the manager's form and list, what the trainee reads, and a break in a running exam."""

import re
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app import clock
from app.cli.demo_story import sit
from app.clock import day_in
from app.db import Database
from app.exams import breaks
from app.exams.models import Accommodation, Attempt
from app.exams.timing import Terms
from app.learning import service as learning
from tests.factories import COURSE, ZONE, World, frozen_course
from tests.integration.accommodated import MORE, grant
from tests.integration.story import publish_and_sign
from tests.web.conftest import Browser, statements
from tests.web.sitting import EXAM, failed, item_url, paper_of, passed, revisions, right, save, start, start_overdue

REASON = "Confirmed by the clinic's doctor."
MOST_QUERIES = 6
OTHER = "hair-removal"


def form_url(account_id: int) -> str:
    return f"/technicians/{account_id}/accommodations/new"


def given(database: Database, world: World, terms: Terms = MORE) -> Accommodation:
    """Let Max grant Ann an accommodation today."""
    now = clock.now()
    with database.transaction() as session:
        return grant(session, world, terms, now=now, day=day_in(ZONE, now))


def test_max_grants_more_time_and_ends_it(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.max)
    assert form_url(world.ann.id) in browser.page(f"/technicians/{world.ann.id}").links
    page = browser.page(form_url(world.ann.id))
    assert "No medical detail" in page.text
    fields = page.form(form_url(world.ann.id)).fields | {
        "course": ["*"],
        "time": ["3/2"],
        "breaks": ["2"],
        "reason": [REASON],
    }
    answer = browser.post(form_url(world.ann.id), data=fields)
    assert answer.status_code == 303
    shown = browser.page(f"/technicians/{world.ann.id}")
    assert "50% more time · 2 breaks of up to 10 minutes each" in shown.text
    assert f"Granted by Max Keller, {clock.now().astimezone(ZoneInfo(ZONE)):%-d %B %Y}" in shown.text
    assert REASON in shown.text
    with database.session() as session:
        row = session.scalars(select(Accommodation)).one()
    assert (row.time_numerator, row.time_denominator, row.course_id, row.last_on) == (3, 2, None, None)
    ended = browser.send(f"/technicians/{world.ann.id}/accommodations/{row.id}/end")
    assert ended.status_code == 303
    shown = browser.page(f"/technicians/{world.ann.id}")
    assert "Ended on" in shown.text
    assert "End it" not in shown.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"course": "no-such-course"}, "Choose from the list."),
        ({"time": "9/1"}, "Choose from the list."),
        ({"time": "1/1"}, "Grant more time, an attempt or a break"),
        ({"breaks": "9"}, "Enter a whole number from 0 to 6."),
        ({"extra_attempts": "-1"}, "Enter a whole number from 0 to 5."),
        ({"breaks": "1", "break_minutes": "999"}, "Enter a whole number from 1 to 60."),
        ({"breaks": "two"}, "Enter a whole number"),
        ({"first_on": ""}, "Choose the first day."),
        ({"first_on": "2020-01-01"}, "today or a later day"),
        ({"last_on": "2020-01-01"}, "not before the first"),
        ({"reason": ""}, "Give the reason in 3 to 500 characters."),
        ({"reason": "a\x07bc"}, "This holds a character that cannot be shown."),
    ],
)
def test_what_cannot_be_granted_is_explained(
    browser: Browser, world: World, database: Database, fields: dict[str, str], sentence: str
) -> None:
    browser.sign_in(world.max)
    today = day_in(ZONE, clock.now()).isoformat()
    whole = {"course": COURSE, "time": "5/4", "first_on": today, "reason": REASON}
    answer = browser.send(form_url(world.ann.id), **{**whole, **fields})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    with database.session() as session:
        assert session.scalars(select(Accommodation)).all() == []


def test_who_only_looks_sees_it_and_is_offered_nothing(browser: Browser, world: World, database: Database) -> None:
    given(database, world)
    page = browser.sign_in(world.mira).page(f"/technicians/{world.ann.id}")
    assert "25% more time" in page.text
    assert "Grant an accommodation" not in page.text
    assert "End it" not in page.text


def test_ann_reads_what_she_has_and_who_granted_it(browser: Browser, world: World, database: Database) -> None:
    given(database, world)
    browser.sign_in(world.ann)
    with statements(database) as asked:
        page = browser.page(EXAM)
    assert len(asked) <= MOST_QUERIES, asked
    assert "You have 25% more time" in page.text
    assert "37 minutes 30 seconds instead of 30 minutes." in page.text
    assert "1 more attempt. 2 breaks of up to 10 minutes each. In a break the clock stands still" in page.text
    assert "Granted by Max Keller on" in page.text
    assert "Attempts 4" in page.text
    assert "Attempt 1 of 4." in page.text
    assert REASON not in page.text


def test_who_has_none_reads_of_none(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ann).page(EXAM)
    assert "more time" not in page.text
    assert "30 minutes" in page.text


def test_while_more_attempts_remain_no_key_is_shown(browser: Browser, world: World, database: Database) -> None:
    for days_ago in (6, 4, 2):
        attempt_id = failed(database, world.ann.actor, days_ago=days_ago)
    browser.sign_in(world.ann)
    assert "Questions and keys" in browser.page(f"/attempts/{attempt_id}/result").text
    given(database, world, Terms(extra_attempts=1))
    page = browser.page(f"/attempts/{attempt_id}/result")
    assert "Questions and keys" not in page.text
    assert "Attempt 4 of 4." in page.text


def test_a_break_hides_every_item_and_saves_nothing(browser: Browser, world: World, database: Database) -> None:
    given(database, world)
    attempt_id = start(database, world.ann.actor)
    first = paper_of(database, attempt_id)[0]
    browser.sign_in(world.ann)
    rest = f"/attempts/{attempt_id}/break"
    assert rest in browser.page(item_url(attempt_id, 1)).links
    offered = browser.page(rest)
    assert "2 of 2 breaks left" in offered.text
    assert "37 minutes left" in offered.text
    assert browser.post(rest, data=offered.form(rest).fields).location == rest
    for url in (item_url(attempt_id, 1), f"/attempts/{attempt_id}/review"):
        assert browser.get(url).location == rest
    for fields in (right(first), {**right(first), "revision": "odd"}, {"choice": "z"}):
        assert save(browser, attempt_id, 1, fields).location == rest
    told = browser.fetch(item_url(attempt_id, 1), **right(first))
    assert (told.status_code, told.get_json()["goto"]) == (409, rest)
    assert revisions(database) == 0
    with statements(database) as asked:
        running = browser.page(rest)
    assert len(asked) <= MOST_QUERIES
    assert running.h1 == ["You are on a break"]
    assert first.shown["stem"] not in running.text
    gone_on = browser.post(f"{rest}/end", data=running.form(f"{rest}/end").fields)
    assert gone_on.location == item_url(attempt_id, 1)
    assert save(browser, attempt_id, 1, right(first)).status_code == 303
    assert revisions(database) == 1
    assert "Take a break (1 left)" in browser.page(item_url(attempt_id, 2)).text


def test_after_the_last_break_none_is_offered(browser: Browser, world: World, database: Database) -> None:
    given(database, world, Terms(breaks=1, break_minutes=5))
    attempt_id = start(database, world.ann.actor, at=clock.now() - timedelta(minutes=10))
    with database.transaction() as session:
        then = clock.now() - timedelta(minutes=8)
        breaks.take(session, actor=world.ann.actor, attempt_id=attempt_id, now=then)
    browser.sign_in(world.ann)
    assert "Take a break" not in browser.page(item_url(attempt_id, 1)).text
    page = browser.page(f"/attempts/{attempt_id}/break")
    assert "There is no break left" in page.text
    refused = browser.send(f"/attempts/{attempt_id}/break")
    assert (refused.status_code, "no break left" in refused.text) == (409, True)


def test_nobody_sees_or_takes_another_s_break(browser: Browser, world: World, database: Database) -> None:
    given(database, world)
    attempt_id = start(database, world.ann.actor)
    for person in (world.ben, world.max, world.olga):
        browser.sign_in(person)
        assert browser.get(f"/attempts/{attempt_id}/break").status_code == 404
        assert browser.send(f"/attempts/{attempt_id}/break").status_code == 404
        assert browser.send(f"/attempts/{attempt_id}/break/end").status_code == 404


def test_the_next_post_records_what_ran_out(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_overdue(database, world, right=3)
    first = paper_of(database, attempt_id)[0]
    told = browser.sign_in(world.ann).fetch(item_url(attempt_id, 1), **right(first))
    assert (told.status_code, told.get_json()["goto"]) == (410, f"/attempts/{attempt_id}/result")
    with database.session() as session:
        attempt = session.get_one(Attempt, attempt_id)
    assert (attempt.closed_by, attempt.closed_at) == ("ran_out", attempt.deadline_at)
    assert Fraction(attempt.score_numerator or 0, attempt.score_denominator or 1) == Fraction(3, 20)


def test_the_result_tells_how_the_paper_was_drawn(browser: Browser, world: World, database: Database) -> None:
    given(database, world)
    attempt_id = passed(database, world.ann.actor)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    with database.session() as session:
        attempt = session.get_one(Attempt, attempt_id)
    assert "How this exam was drawn" in page.text
    assert f"Seed {attempt.seed}" in page.text
    assert "20, on 20 facts; none is asked twice" in page.text
    assert "all 20; none stood in an exam of yours before" in page.text
    for section in attempt.proof["sections"]:
        assert f"{section['drawn']} of {section['pool']}" in page.text


@pytest.mark.parametrize("used_up", [COURSE, OTHER])
def test_the_exam_that_is_used_up_is_chosen_first(
    browser: Browser, world: World, database: Database, used_up: str
) -> None:
    now = clock.now()
    with database.transaction() as session:
        other = replace(frozen_course(), course_id=OTHER, title="Another course", hash="e" * 64)
        publish_and_sign(session, world, other, now=now - timedelta(days=20))
        today = day_in(ZONE, now)
        learning.assign(
            session,
            actor=world.max.actor,
            account_id=world.ann.id,
            course_id=OTHER,
            due_on=today,
            today=today,
            now=now - timedelta(days=20),
        )
        for course_id in (COURSE, OTHER):
            for days_ago in (6, 4, 2) if course_id == used_up else (1,):
                at = now - timedelta(days=days_ago)
                sit(session, world.ann.actor, course_id=course_id, at=at, right=course_id != used_up)
    text = browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text
    options = re.findall(r'<option( selected)? value="([^"]+)"', text)
    assert options[0][1] == used_up, options
    assert sorted(course_id for _, course_id in options) == sorted([COURSE, OTHER])
