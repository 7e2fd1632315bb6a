"""A technician's page: what it shows, who may see it, and granting one more attempt."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app import clock
from app.certification import service as certification
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.cli.demo_story import sit
from app.clock import day_in
from app.db import Database
from app.exams import queries
from app.exams.models import AttemptGrant
from app.people import service
from app.people.permissions import Role
from app.releases.models import Release
from tests.factories import COURSE, PASSWORD, ZONE, World, certify, observe, read_lessons
from tests.integration.wrong_keys import answer_but
from tests.web.conftest import Browser
from tests.web.page import Page

UNKNOWN = 999_999


def test_the_page_shows_a_certified_technician(browser: Browser, world: World, database: Database) -> None:
    then = clock.now() - timedelta(days=2)
    with database.transaction() as session:
        number = certify(session, world, world.ann, now=then).number
    page = browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text
    assert f'href="/verify/{number}"' in page
    assert all(text in page for text in ("Current", "Edition ", "Not a licence.", "100%", "Passed", "Eva Lund"))
    assert "3 of 3 treatments observed" in page
    assert "Nd:YAG laser 1064 nm, microsecond mode, skin tightening: III–IV allowed" in page
    assert '<details class="card-f" open>' in page
    assert page.count("Not a licence.") == 1


def test_the_page_says_what_is_missing(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now(), all_but=1)
        observe(session, world.eva.actor, world.ann.id, now=clock.now(), times=1)
    page = browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text
    assert "7 of 8 lessons read" in page
    assert "Exam not taken yet" in page
    assert "1 of 3 treatments observed" in page
    assert "Can sit the exam: attempt 1 of 3." in page
    assert "No certification yet." in page


def test_a_suspended_certification_says_why(browser: Browser, world: World, database: Database) -> None:
    now = clock.now()
    with database.transaction() as session:
        held = certify(session, world, world.ann, now=now - timedelta(days=2))
        change_certification(
            session,
            actor=world.mira.actor,
            certification_id=held.id,
            change=Change(
                kind=EventKind.SUSPENDED,
                effective_on=day_in(ZONE, now),
                reason_code="incident",
                reason="Blister after a treatment.",
            ),
            now=now,
        )
    page = browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text
    assert "Suspended" in page
    assert "Blister after a treatment." in page
    assert "Not in force: " in page


def test_a_running_exam_is_shown_as_running(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certification.start_attempt(session, actor=world.ann.actor, course_id=COURSE, seed=1, now=clock.now())
    page = browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text
    assert "Sitting the exam now, until" in page
    assert "Running" in page


def test_an_exam_that_ran_out_unrecorded_is_shown_as_over(browser: Browser, world: World, database: Database) -> None:
    then = clock.now() - timedelta(days=1)
    with database.transaction() as session:
        certification.start_attempt(session, actor=world.ann.actor, course_id=COURSE, seed=1, now=then)
    page = browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text
    assert "Time ran out" in page
    assert "not scored yet" in page


def test_the_page_takes_six_queries(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=2))
    browser.sign_in(world.max)
    with queries_of(database) as asked:
        browser.get(f"/technicians/{world.ann.id}")
    assert len(asked) <= 6, asked


def test_somebody_without_a_history_has_a_page(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        nora, _ = service.invite(
            session,
            actor=world.ida.actor,
            email="nora@lumen.example",
            name="Nora Weiss",
            roles=[(Role.TECHNICIAN, world.riverside)],
            now=clock.now(),
        )
    page = browser.sign_in(world.max).get(f"/technicians/{nora.id}").text
    assert all(text in page for text in ("No exam was sat yet.", "No treatment was signed off", "Nothing is assigned."))
    assert "Grant one more attempt" not in page


def test_a_disabled_technician_keeps_the_record(browser: Browser, world: World) -> None:
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left")
    page = browser.get(f"/technicians/{world.ann.id}").text
    assert "The account is disabled since" in page
    assert "Assign a course" not in page


def test_only_who_answers_for_the_clinic_sees_the_page(browser: Browser, world: World) -> None:
    seen = {
        name: [browser.sign_in(person).get(f"/technicians/{who.id}").status_code for who in (world.ann, world.ben)]
        for name, person in world.people.items()
    }
    assert seen == {
        "ann": [404, 404],
        "ben": [404, 404],
        "max": [200, 404],
        "eva": [404, 404],
        "mira": [200, 200],
        "ada": [200, 200],
        "tom": [404, 404],
        "ida": [200, 200],
        "olga": [404, 404],
    }


def test_colleagues_who_do_not_treat_have_no_page_for_a_manager(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    for account_id in (world.eva.id, world.max.id, world.olga.id, UNKNOWN):
        assert browser.get(f"/technicians/{account_id}").status_code == 404


def test_who_only_looks_is_offered_nothing_to_do(browser: Browser, world: World) -> None:
    for person in (world.ada, world.mira):
        page = browser.sign_in(person).get(f"/technicians/{world.ann.id}").text
        assert "Assign a course" not in page
        assert "Grant the attempt" not in page


def test_one_more_attempt_opens_the_exam_again(browser: Browser, world: World, database: Database) -> None:
    fail_three_times(database, world)
    browser.sign_in(world.max)
    assert "All attempts are used up." in browser.get(f"/technicians/{world.ann.id}").text
    page = grant(browser, world.ann.id, reason="The fire alarm rang.")
    assert (page.status_code, page.location) == (303, f"/technicians/{world.ann.id}")
    text = browser.get(page.location).text
    assert "Ann Berg has one more attempt at the exam of Non-ablative skin tightening" in text
    assert "Can sit the exam: attempt 4 of 4." in text
    assert "one more attempt granted on" in text
    with database.session() as session:
        given = session.scalars(sa.select(AttemptGrant)).one()
    assert (given.account_id, given.granted_by, given.reason) == (world.ann.id, world.max.id, "The fire alarm rang.")


def test_the_choice_says_how_many_attempts_are_used_and_whether_one_is_needed(
    browser: Browser, world: World, database: Database
) -> None:
    browser.sign_in(world.max)
    assert "0 of 3 used, not needed yet" in browser.page(f"/technicians/{world.ann.id}").text
    fail_three_times(database, world)
    assert "all attempts used" in browser.page(f"/technicians/{world.ann.id}").text


def test_why_an_exam_was_not_passed_is_told_without_its_questions(
    browser: Browser, world: World, database: Database
) -> None:
    with database.transaction() as session:
        at = clock.now() - timedelta(hours=1)
        attempt = certification.start_attempt(session, actor=world.ann.actor, course_id=COURSE, seed=1, now=at)
        critical = [one for one in queries.paper(session, attempt.id) if one.critical][:2]
        answer_but(session, attempt, world.ann.actor, wrong=[one.position for one in critical], now=at)
    page = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}")
    topics = {one.keyed["objective"] for one in critical}
    assert "90% Not passed" in page.text
    assert "2 critical questions wrong: " in page.text
    with database.session() as session:
        objectives = session.scalars(sa.select(Release)).one().manifest["objectives"]
    assert all(objectives[topic].rstrip(".") in page.text for topic in topics)
    assert not [one for one in critical if Page(one.shown["stem"]).text in page.text]


def test_a_withdrawn_edition_is_said(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certification.withdraw(
            session,
            actor=world.mira.actor,
            release_id=world.release_id,
            fact="",
            password=PASSWORD,
            reason="Two burns",
            now=clock.now(),
        )
    text = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}").text
    assert "Nobody can sit the exam: this edition was withdrawn." in text


def test_a_grant_that_cannot_be_is_explained(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.max)
    for fields, sentence in (
        ({"course": ""}, "Choose the exam."),
        ({"course": "no-such-course"}, "Choose from the list."),
        ({"reason": ""}, "Give the reason in 3 to 500 characters."),
        ({"reason": "ab"}, "Give the reason in 3 to 500 characters."),
        ({"reason": "x" * 501}, "Give the reason in 3 to 500 characters."),
        ({"reason": "a\x07bc"}, "This holds a character that cannot be shown."),
    ):
        page = grant(browser, world.ann.id, **{"reason": "The fire alarm rang.", **fields})
        assert (page.status_code, sentence in page.text) == (422, True), fields
    assert grants(database) == 0


def test_nobody_else_grants_attempts(browser: Browser, world: World, database: Database) -> None:
    for person in (world.ann, world.eva, world.mira, world.ada, world.tom, world.olga):
        assert grant(browser.sign_in(person), world.ann.id, reason="Please").status_code == 404
    for account_id in (world.ben.id, world.eva.id, world.olga.id, UNKNOWN):
        assert grant(browser.sign_in(world.max), account_id, reason="Please").status_code == 404
    assert grants(database) == 0


def fail_three_times(database: Database, world: World) -> None:
    """Let Ann use up her attempts, a week apart."""
    now = clock.now()
    with database.transaction() as session:
        for weeks in (3, 2, 1):
            sit(session, world.ann.actor, course_id=COURSE, at=now - timedelta(weeks=weeks), right=False)


def grant(browser: Browser, account_id: int, **fields: str) -> Any:
    """Send the form that grants one more attempt."""
    return browser.send(f"/technicians/{account_id}/extra-attempts", **{"course": COURSE, **fields})


def grants(database: Database) -> int:
    """Return how many attempts were granted."""
    with database.session() as session:
        return session.scalar(sa.select(sa.func.count(AttemptGrant.id))) or 0


@contextmanager
def queries_of(database: Database) -> Iterator[list[str]]:
    """Collect the queries that a database is asked."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(database.engine, "before_cursor_execute", note)
