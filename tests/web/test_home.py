"""A technician's start page: the next step, what is missing, what is held; anybody else is sent to their work."""

from datetime import timedelta

import pytest

from app import clock
from app.certification import service as certification
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.clock import day_in
from app.db import Database
from app.learning import service as learning
from app.people import queries, service
from app.people.permissions import Role
from tests.factories import ZONE, World, certify, observe, read_lessons, sister_course
from tests.integration.story import publish_and_sign
from tests.web.conftest import Browser, old_world
from tests.web.sitting import EXAM, failed, item_url, passed, start

FIRST = "/courses/skin-tightening/lessons/light-and-limits"


def test_the_first_lesson_is_the_first_step(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ann).page("/")
    assert page.h1 == ["Hello, Ann"]
    assert "What the light does, and what you may promise" in page.text
    assert "lesson 1 of 8" in page.text
    assert "Riverside" in page.text
    assert FIRST in page.links
    assert "You hold no certification yet." in page.text


def test_the_next_lesson_follows(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now(), all_but=2)
    page = browser.sign_in(world.ann).page("/")
    assert "lesson 7 of 8" in page.text
    assert "6 of 8 lessons read" in page.text
    assert "/courses/skin-tightening/lessons/treatment" in page.links


def test_after_the_lessons_comes_the_exam(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
    page = browser.sign_in(world.ann).page("/")
    assert "You have read every lesson. It takes at most 30 minutes." in page.text
    assert EXAM in page.links


def test_a_running_exam_comes_first(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    page = browser.sign_in(world.ann).page("/")
    assert "Go on with your exam" in page.text
    assert page.links.count(item_url(attempt_id, 1)) == 2, "as the next step and on the row of its course"
    assert page.text.count(" minutes left") == 2
    assert "Exam running" in page.text


def test_of_several_running_exams_the_one_that_ends_first_leads(
    browser: Browser, world: World, database: Database
) -> None:
    now = clock.now()
    first = start(database, world.ann.actor, at=now - timedelta(minutes=5))
    with database.transaction() as session:
        publish_and_sign(session, world, sister_course(), now=now - timedelta(days=20))
        learning.assign(
            session,
            actor=world.max.actor,
            account_id=world.ann.id,
            course_id="sister",
            due_on=day_in(ZONE, now),
            today=day_in(ZONE, now),
            now=now - timedelta(days=20),
        )
        at = now - timedelta(minutes=20)
        second = certification.start_attempt(session, actor=world.ann.actor, course_id="sister", seed=1, now=at).id
    page = browser.sign_in(world.ann).page("/")
    assert "Non-ablative skin tightening at 1064 nm: your exam is running" in page.text
    assert page.text.count("9 minutes left") + page.text.count("10 minutes left") == 2
    named = [link for link in page.links if "/items/1" in link]
    assert named.count(item_url(first, 1)) == named.count(item_url(second, 1)) == 2
    lead = page.text[page.text.index("Your next step") : page.text.index("Assignments")]
    assert "Sister course" in lead


def test_what_is_missing_is_named(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
        observe(session, world.eva.actor, world.ann.id, now=clock.now(), times=1)
    passed(database, world.ann.actor)
    page = browser.sign_in(world.ann).page("/")
    assert "1 of 3 treatments observed" in page.text
    assert "Signed by Eva Lund" in page.text
    assert page.text.count("Still to be observed") == 2
    assert "Ask an evaluator of your clinic to observe you." in page.text


def test_while_waiting_there_is_nothing_to_do(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now() - timedelta(days=1))
    failed(database, world.ann.actor, days_ago=0.5)
    assert "Nothing to do today" in browser.sign_in(world.ann).page("/").text


def test_a_certification_is_shown_with_its_number(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        number = certify(session, world, world.ann, now=clock.now() - timedelta(days=2)).number
    page = browser.sign_in(world.ann).page("/")
    assert f"/verify/{number}" in page.links
    assert "Current" in page.text
    assert "Nd:YAG laser 1064 nm, microsecond mode, skin tightening: III–IV allowed" in page.text
    assert "Your certification is current." in page.text
    assert "What is still missing" not in page.text


@old_world
@pytest.mark.parametrize(
    ("days_ago", "title", "step"),
    [
        (350, "is due for renewal", "Renew your certification"),
        (370, "is in its days of grace", "Renew your certification"),
        (400, "has expired", "Renew your certification"),
    ],
)
def test_a_renewal_is_announced(
    browser: Browser, world: World, database: Database, days_ago: int, title: str, step: str
) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=days_ago))
    page = browser.sign_in(world.ann).page("/")
    assert f"Non-ablative skin tightening, 1064 nm {title}" in page.text
    assert step in page.text
    assert EXAM in page.links


@pytest.mark.parametrize(("kind", "title"), [(EventKind.SUSPENDED, "is suspended"), (EventKind.REVOKED, "was revoked")])
def test_a_decision_is_told_with_its_reason(
    browser: Browser, world: World, database: Database, kind: EventKind, title: str
) -> None:
    now = clock.now()
    with database.transaction() as session:
        held = certify(session, world, world.ann, now=now - timedelta(days=2))
        change_certification(
            session,
            actor=world.mira.actor,
            certification_id=held.id,
            change=Change(
                kind=kind,
                effective_on=day_in(ZONE, now),
                reason_code="adverse_event",
                reason="Two hot spots in one week.",
            ),
            now=now,
        )
    page = browser.sign_in(world.ann).page("/")
    assert f"Non-ablative skin tightening, 1064 nm {title}" in page.text
    assert "Two hot spots in one week." in page.text


def test_where_nothing_is_assigned_the_page_says_who_assigns(
    browser: Browser, world: World, database: Database
) -> None:
    with database.transaction() as session:
        nora, _ = service.invite(
            session,
            actor=world.ida.actor,
            email="nora@lumen.example",
            name="Nora Weiss",
            roles=[(Role.TECHNICIAN, world.riverside)],
            now=clock.now(),
        )
        token = service.begin_sign_in(session, account_id=nora.id, now=clock.now())
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert "Nothing is assigned to you yet. Your manager assigns courses." in browser.page("/").text


def test_everybody_else_is_sent_to_their_work(browser: Browser, world: World) -> None:
    sent = {name: browser.sign_in(person).get("/").location for name, person in world.people.items() if name != "ann"}
    assert sent == {
        "ben": None,
        "max": "/board",
        "eva": "/sign-offs",
        "mira": "/board",
        "ada": "/board",
        "tom": "/releases",
        "ida": "/board",
        "olga": "/board",
    }


def test_who_has_no_role_sees_their_account(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        account = queries.get_account(session, world.organisation_id, world.eva.id)
        for grant, *_ in queries.member(session, world.organisation_id, account.id, None).roles:
            service.end_role(session, actor=world.ida.actor, account_id=account.id, grant_id=grant, now=clock.now())
    answer = browser.sign_in(world.eva).get("/")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert browser.get("/account").status_code == 200
