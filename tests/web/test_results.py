"""The result of an attempt: what it says, when keys are shown, and what is still missing."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.certification import service as certification
from app.certification.queries import held_by
from app.content.values import ItemType
from app.db import Database
from app.learning import service as learning
from app.people import service as people
from app.releases import service as releases
from app.releases.models import Release, ReleasePiece
from tests.factories import COURSE, PASSWORD, World, certify, observe, read_lessons, sister_course
from tests.integration import editions
from tests.web.conftest import Browser, old_world, statements
from tests.web.page import Page
from tests.web.sitting import EXAM, answer_all, failed, paper_of, passed, start

KEYS = "Questions and keys"
UNKNOWN = 999_999


def test_a_failed_attempt_says_what_to_read_again(browser: Browser, world: World, database: Database) -> None:
    page = result(browser.sign_in(world.ann), failed(database, world.ann.actor, days_ago=0.5))
    assert page.h1 == ["Not passed"]
    assert "0 of 20 questions, cut line 80%" in page.text
    assert "You can sit the exam again from" in page.text
    lessons = {link for link in page.links if "/lessons/" in link}
    assert len(lessons) == 8
    assert "#appeals" in page.links


def test_a_failed_attempt_leads_to_the_facts_that_it_asked(browser: Browser, world: World, database: Database) -> None:
    attempt_id = failed(database, world.ann.actor, days_ago=2)
    page = result(browser.sign_in(world.ann), attempt_id)
    asked = {fact for one in paper_of(database, attempt_id) for fact in one.keyed["facts"]}
    assert {fact_of(link) for link in page.links if "/facts/" in link} == asked
    assert "that your exam asked" in page.text
    with database.session() as session:
        titles = session.scalars(sa.select(ReleasePiece.title).where(ReleasePiece.key.in_(asked))).all()
    assert len(titles) == len(asked)
    assert all(" ".join(title.split()) in page.text for title in titles)
    start(database, world.ann.actor)
    assert not [link for link in result(browser, attempt_id).links if "/facts/" in link]


def test_a_part_below_its_line_is_named(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    answer_all(database, world.ann.actor, attempt_id, at=clock.now(), upto=16)
    browser.sign_in(world.ann).send(f"/attempts/{attempt_id}/submit")
    page = result(browser, attempt_id)
    assert page.h1 == ["Not passed"]
    assert "80%" in page.text
    assert "Keep everybody in the room safe" in page.text
    assert "Read again" in page.text


def test_no_key_is_shown_while_attempts_remain(browser: Browser, world: World, database: Database) -> None:
    attempt_id = failed(database, world.ann.actor, days_ago=0.5)
    page = result(browser.sign_in(world.ann), attempt_id)
    assert KEYS not in page.text
    assert "Attempt 1" in page.text
    asked = paper_of(database, attempt_id)
    assert [one.position for one in asked if plain(one.shown["stem"]) in page.text] == []
    assert [one.position for one in asked if one.keyed["why"] and plain(one.keyed["why"]) in page.text] == []


def test_after_a_pass_keys_and_whys_are_shown(browser: Browser, world: World, database: Database) -> None:
    attempt_id = passed(database, world.ann.actor)
    page = result(browser.sign_in(world.ann), attempt_id)
    assert page.h1 == ["Passed"]
    for one in paper_of(database, attempt_id):
        assert plain(one.shown["stem"]) in page.text
        assert plain(one.keyed["why"] or "").rpartition(" Fact")[0] in page.text
    assert {one.shown["type"] for one in paper_of(database, attempt_id)} <= set(ItemType)


def test_after_the_last_attempt_keys_are_shown(browser: Browser, world: World, database: Database) -> None:
    ids = [failed(database, world.ann.actor, days_ago=days_ago) for days_ago in (6, 4, 2)]
    browser.sign_in(world.ann)
    for attempt_id in ids:
        page = result(browser, attempt_id)
        assert KEYS in page.text
        assert "Your attempts are used up. Max Keller can grant you one more." in page.text


def test_one_more_attempt_hides_the_keys_again(browser: Browser, world: World, database: Database) -> None:
    ids = [failed(database, world.ann.actor, days_ago=days_ago) for days_ago in (6, 4, 2)]
    with database.transaction() as session:
        certification.grant_attempt(
            session,
            actor=world.max.actor,
            account_id=world.ann.id,
            course_id=COURSE,
            reason="The fire alarm rang.",
            now=clock.now(),
        )
    page = result(browser.sign_in(world.ann), ids[-1])
    assert KEYS not in page.text
    assert "Attempt 4 of 4." in page.text


@pytest.mark.parametrize(
    ("policy", "after_pass", "after_last"),
    [("after_pass", True, True), ("after_last_attempt", False, True), ("never", False, False)],
)
def test_the_course_decides_when_keys_are_shown(
    browser: Browser, world: World, database: Database, policy: str, *, after_pass: bool, after_last: bool
) -> None:
    review_policy(database, policy)
    ids = [failed(database, world.ben.actor, days_ago=days_ago) for days_ago in (6, 4, 2)]
    assert (KEYS in result(browser.sign_in(world.ben), ids[-1]).text) is after_last
    attempt_id = passed(database, world.ann.actor)
    assert (KEYS in result(browser.sign_in(world.ann), attempt_id).text) is after_pass


def test_a_pass_with_everything_else_is_a_certification(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=1))
        held = held_by(session, world.organisation_id, [world.ann.id])[world.ann.id][0].certification
    attempt_id = attempt_ids(database)[0]
    page = result(browser.sign_in(world.ann), attempt_id)
    assert f"/verify/{held.number}" in page.links
    assert "It is issued in your name." in page.text


def test_a_pass_says_what_is_still_missing(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
        observe(session, world.eva.actor, world.ann.id, now=clock.now(), times=2)
    page = result(browser.sign_in(world.ann), passed(database, world.ann.actor, days_ago=0))
    assert "2 of 3 treatments observed" in page.text
    assert "8 of 8 lessons read" in page.text
    assert not any(link.startswith("/verify/") for link in page.links)
    assert "What is still missing" in page.text
    assert page.text.count("2 of 3 treatments observed") == 1


def test_a_fact_is_named_by_its_title_and_never_by_its_id(browser: Browser, world: World, database: Database) -> None:
    page = result(browser.sign_in(world.ann), passed(database, world.ann.actor))
    assert [link for link in page.links if "/facts/" in link]
    assert not re.search(r"(settings|contraindications|procedure|statements)/[a-z]", page.text)


def test_an_attempt_that_was_ended_does_not_count(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    answer_all(database, world.ann.actor, attempt_id, at=clock.now())
    now = clock.now()
    with database.transaction() as session:
        certification.disable_account(
            session, actor=world.max.actor, account_id=world.ann.id, reason="On leave", now=now
        )
        people.enable(session, actor=world.max.actor, account_id=world.ann.id, now=now)
    page = result(browser.sign_in(world.ann), attempt_id)
    assert page.h1 == ["Not passed"]
    assert "It was ended before you submitted it, so it does not count." in page.text
    assert KEYS not in page.text


def test_a_pass_on_what_was_withdrawn_since_does_not_count(browser: Browser, world: World, database: Database) -> None:
    attempt_id = passed(database, world.ann.actor)
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
    page = result(browser.sign_in(world.ann), attempt_id)
    assert page.h1 == ["This exam does not count"]
    assert "A medical director withdrew what it rests on" in page.text
    assert KEYS not in page.text


def test_a_running_attempt_has_no_result(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    page = result(browser.sign_in(world.ann), attempt_id)
    assert page.h1 == ["Your exam is running"]
    assert f"/attempts/{attempt_id}/items/1" in page.links


def test_another_persons_result_is_not_found(browser: Browser, world: World, database: Database) -> None:
    attempt_id = passed(database, world.ann.actor)
    browser.sign_in(world.ben)
    for theirs in (attempt_id, UNKNOWN):
        assert browser.get(f"/attempts/{theirs}/result").status_code == 404


@old_world
def test_no_key_is_shown_while_the_exam_is_sat_again(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=350))
    first = attempt_ids(database)[0]
    assert KEYS in result(browser.sign_in(world.ann), first).text
    again = start(database, world.ann.actor)
    assert KEYS not in result(browser, first).text
    browser.send(f"/attempts/{again}/submit")
    assert KEYS in result(browser, first).text
    assert KEYS not in result(browser, again).text


def test_no_key_is_shown_while_the_exam_of_another_course_is_sat(
    browser: Browser, world: World, database: Database
) -> None:
    first = passed(database, world.ann.actor)
    with database.transaction() as session:
        sister = releases.publish(session, actor=world.tom.actor, frozen=sister_course(), now=clock.now())
        editions.sign(session, world, sister)
        today = clock.now().date()
        learning.assign(
            session,
            actor=world.ida.actor,
            account_id=world.ann.id,
            course_id="sister",
            due_on=None,
            today=today,
            now=clock.now(),
        )
    assert KEYS in result(browser.sign_in(world.ann), first).text
    attempt = browser.send("/courses/sister/exam", declared="yes").location.split("/")[2]
    assert KEYS not in result(browser, first).text
    assert "What was asked rests while you sit an exam" in result(browser, first).text
    browser.send(f"/attempts/{attempt}/submit")
    assert KEYS in result(browser, first).text


@pytest.mark.parametrize("fate", ["passed", "failed", "used_up", "running"])
def test_the_pages_of_an_exam_take_few_queries(browser: Browser, world: World, database: Database, fate: str) -> None:
    match fate:
        case "passed":
            attempt_id = passed(database, world.ann.actor)
        case "failed":
            attempt_id = failed(database, world.ann.actor, days_ago=0.5)
        case "used_up":
            attempt_id = [failed(database, world.ann.actor, days_ago=days_ago) for days_ago in (6, 4, 2)][-1]
        case _:
            attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ann)
    for path in (f"/attempts/{attempt_id}/result", EXAM, "/", f"/courses/{COURSE}"):
        with statements(database) as asked:
            browser.get(path)
        assert len(asked) <= 6, "\n".join([path, *asked])


def result(browser: Browser, attempt_id: int) -> Page:
    """Open the result of an attempt."""
    return browser.page(f"/attempts/{attempt_id}/result")


def fact_of(link: str) -> str:
    """Return the fact that a link leads to, such as `settings/set-004`."""
    return link.partition("/facts/")[2]


def plain(html: str) -> str:
    """Return the words of a piece of HTML as a page's text has them."""
    return Page(html).text


def attempt_ids(database: Database) -> list[int]:
    """Return the ids of all attempts, the earliest first."""
    with database.session() as session:
        return list(session.scalars(sa.text("SELECT id FROM attempt ORDER BY id")))


def review_policy(database: Database, policy: str) -> None:
    """Change a release's review policy: nobody can, so the trigger that sees to it goes first."""
    with database.transaction() as session:
        session.execute(sa.text("DROP TRIGGER release_no_update"))
        release = session.scalars(sa.select(Release)).one()
        release.manifest = {**release.manifest, "exam": {**release.manifest["exam"], "review": policy}}
