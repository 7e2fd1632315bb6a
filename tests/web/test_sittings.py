"""How exams were sat: how sure one was, what the browser told, and what a manager talks over; never a key."""

from datetime import timedelta

import pytest

from app import clock
from app.certification import service as certification
from app.cli.demo_story import form_for
from app.db import Database
from app.exams import queries, watching
from app.exams.models import Attempt
from app.web.words import moment
from tests.asking import sign_edition
from tests.factories import ZONE, World
from tests.web.conftest import Browser
from tests.web.sitting import EXAM, item_url, paper_of, right, start, start_mixed

BEGAN = timedelta(minutes=10)


@pytest.fixture
def sat(database: Database, world: World) -> int:
    """An attempt of Ann's: wrong and sure throughout, with the page left and text copied; its id."""
    began = clock.now() - BEGAN
    with database.transaction() as session:
        sign_edition(session, world, now=began - timedelta(hours=1), certainty=True)
    attempt_id = start(database, world.ann.actor, at=began)
    with database.transaction() as session:
        for one in queries.paper(session, attempt_id):
            wrong = form_for(one.shown, one.keyed["key"], right=False)
            certification.save_response(
                session,
                actor=world.ann.actor,
                attempt_id=attempt_id,
                position=one.position,
                form={**wrong, "certainty": ["sure"]},
                now=began + timedelta(minutes=1),
            )
        for seconds, kind in ((0, "left_page"), (42, "came_back"), (50, "copied")):
            watching.note(
                session,
                actor=world.ann.actor,
                attempt_id=attempt_id,
                position=4,
                kind=kind,
                now=began + timedelta(minutes=2, seconds=seconds),
            )
        certification.submit_attempt(session, actor=world.ann.actor, attempt_id=attempt_id, now=clock.now())
    return attempt_id


def test_facts_stand_on_the_record_in_plain_words(browser: Browser, world: World, sat: int) -> None:
    for reader in (world.max, world.ada, world.mira):
        page = browser.sign_in(reader).page(f"/technicians/{world.ann.id}/sittings")
        assert "The page was left once, and text was copied once." in page.text
        assert "question 4: came back after 42 seconds" in page.text
        assert "They prove nothing" in page.text
        assert f"/technicians/{world.ann.id}/sittings" in browser.page(f"/technicians/{world.ann.id}").links
    assert sat


def test_a_sitting_that_closed_on_another_day_says_which(browser: Browser, world: World, database: Database) -> None:
    began = clock.now() - timedelta(days=3)
    attempt_id = start(database, world.ann.actor, at=began)
    midnight = clock.start_of(ZONE, clock.day_in(ZONE, began) + timedelta(days=1))
    with database.transaction() as session:
        attempt = session.get_one(Attempt, attempt_id)
        attempt.started_at, attempt.deadline_at = midnight - timedelta(minutes=20), midnight + timedelta(minutes=10)
    page = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}/sittings")
    assert f"closed {moment(midnight + timedelta(minutes=10), ZONE)}" in page.text


def test_a_manager_talks_over_what_somebody_was_sure_of(
    browser: Browser, world: World, database: Database, sat: int
) -> None:
    url = f"/technicians/{world.ann.id}/sittings"
    assert "Talk it over with Ann Berg" in browser.sign_in(world.max).page("/board").text
    assert "1 to follow up" in browser.page("/board").text
    page = browser.page(url)
    wrong = [one for one in paper_of(database, sat) if one.critical and one.chosen != right(one).get("choice")]
    told = [form.action for form in page.forms if "/coaching/" in form.action]
    assert 0 < len(told) <= len(wrong)
    for one in paper_of(database, sat):
        assert one.keyed["why"] not in page.text
    refused = browser.send(told[0], note=" x ")
    assert (refused.status_code, "in 3 to 500 characters" in refused.text) == (422, True)
    assert browser.send(told[0], note="We read the lesson again.").status_code == 303
    after = browser.page(url)
    assert told[0] not in [form.action for form in after.forms]
    assert "We read the lesson again." in after.text
    assert "Talked over by Max Keller" in after.text


def test_who_only_reads_finishes_nothing(browser: Browser, world: World, sat: int) -> None:
    page = browser.sign_in(world.ada).page(f"/technicians/{world.ann.id}/sittings")
    assert sat
    assert [form.action for form in page.forms if "/coaching/" in form.action] == []
    assert "Talk it over" not in browser.page("/board").text


def test_a_sitting_says_who_let_in_and_what_was_told_before_it_is_over(
    browser: Browser, world: World, database: Database
) -> None:
    attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ann)
    assert "It accuses nobody" in browser.page(EXAM).text
    assert browser.fetch(f"/attempts/{attempt_id}/events", kind="left_page", position="3").status_code == 204
    assert browser.fetch(f"/attempts/{attempt_id}/events", kind="copied", position="\u0663").status_code == 204
    assert browser.fetch(f"/attempts/{attempt_id}/events", kind="guilty", position="3").status_code == 409
    page = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}/sittings")
    assert "still running" in page.text
    assert "Outcome still running Network not checked On-site code not asked" in page.text
    assert "question 3: left the page" in page.text
    browser.sign_in(world.ann).send(f"/attempts/{attempt_id}/submit")
    assert "Outcome 0%, not passed" in browser.sign_in(world.max).page(f"/technicians/{world.ann.id}/sittings").text


def test_how_sure_one_is_is_asked_shown_again_and_never_required(
    browser: Browser, world: World, database: Database
) -> None:
    with database.transaction() as session:
        sign_edition(session, world, now=clock.now(), certainty=True)
    attempt_id = start_mixed(database, world)
    first, second = paper_of(database, attempt_id)[:2]
    url = item_url(attempt_id, 1)
    assert (
        "How sure you are asked with each question"
        in browser.sign_in(world.ann).page("/courses/skin-tightening/exam").text
    )
    assert "How sure are you?" in browser.page(url).text
    assert browser.send(url, **right(first), certainty="sure", revision="0").status_code == 303
    assert browser.page(url).form(url).fields["certainty"] == ["sure"]
    told = browser.fetch(item_url(attempt_id, 2), **right(second), revision="0").get_json()
    assert told["revision"] == 1
    review = browser.page(f"/attempts/{attempt_id}/review")
    assert "You did not say how sure you are" in review.text
    # Besides the rail and "Back to the questions", only the second one is named.
    rows = [link for link in review.links if link.startswith(f"/attempts/{attempt_id}/items/")]
    unanswered = [item_url(attempt_id, position) for position in range(3, 21)]
    assert rows[:20] == [*unanswered, item_url(attempt_id, 2), url]


def test_where_it_is_not_asked_no_page_speaks_of_it(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    assert "How sure" not in browser.sign_in(world.ann).page(item_url(attempt_id, 1)).text
    assert "How sure" not in browser.page(EXAM).text


def test_an_older_page_is_answered_with_what_is_newer(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    asked = next(one for one in paper_of(database, attempt_id) if one.shown["type"] == "single-choice")
    url, (key,) = item_url(attempt_id, asked.position), right(asked)["choice"]
    other = next(option["id"] for option in asked.shown["options"] if option["id"] != key)
    browser.sign_in(world.ann)
    assert browser.send(url, choice=key, revision="0").status_code == 303
    late = browser.send(url, choice=other, revision="0")
    assert (late.status_code, "A newer answer was saved at" in late.text) == (409, True)
    told = browser.fetch(url, choice=other, revision="0")
    assert told.status_code == 409
    assert 'name="revision" value="1"' in told.get_json()["newer"]
    # The flag of an older page is set; what it chose is not saved over what is newer.
    flagged = browser.send(f"{url}/flag", flag="on", choice=other, revision="0")
    assert (flagged.status_code, "Flagged" in flagged.text) == (409, True)
    assert paper_of(database, attempt_id)[asked.position - 1].chosen == [key]
    assert browser.send(url, choice=other, revision="x").status_code == 409
    assert browser.send(url, choice=other, revision="1").status_code == 303
    assert paper_of(database, attempt_id)[asked.position - 1].revision == 2
