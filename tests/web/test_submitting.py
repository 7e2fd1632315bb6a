"""Going on and submitting: what Enter presses, what is asked with questions open, one number for an attempt."""

import re
from datetime import timedelta

from app import clock
from app.content.values import ItemType
from app.db import Database
from tests.asking import sign_edition
from tests.factories import World, certify
from tests.web.conftest import Browser, old_world
from tests.web.sitting import EXAM, answer_all, item_url, paper_of, start, start_mixed

BUTTON = re.compile(r"<button[^>]*>")


def test_with_questions_open_it_is_asked_once_more(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    answer_all(database, world.ann.actor, attempt_id, at=clock.now(), upto=18)
    review = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/review")
    assert "2 questions are not answered and count as wrong." in review.text
    assert f"/attempts/{attempt_id}/submit" in review.links
    asked = browser.page(f"/attempts/{attempt_id}/submit")
    assert asked.h1 == ["Submit with 2 questions not answered?"]
    assert "2 questions are not answered and count as wrong." in asked.text
    form = asked.form(f"/attempts/{attempt_id}/submit")
    assert browser.post(form.action, data=form.fields).location == f"/attempts/{attempt_id}/result"
    assert browser.get(f"/attempts/{attempt_id}/submit").location == f"/attempts/{attempt_id}/result"


def test_a_script_that_submits_is_told_where_the_result_is(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    answer = browser.sign_in(world.ann).fetch(f"/attempts/{attempt_id}/submit")
    assert answer.get_json() == {"goto": f"/attempts/{attempt_id}/result"}


def test_with_all_answered_the_review_submits(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    answer_all(database, world.ann.actor, attempt_id, at=clock.now(), upto=19)
    browser.sign_in(world.ann)
    assert "1 question is not answered and counts as wrong." in browser.page(f"/attempts/{attempt_id}/review").text
    answer_all(database, world.ann.actor, attempt_id, at=clock.now())
    review = browser.page(f"/attempts/{attempt_id}/review")
    assert "counts as wrong" not in review.text
    assert f"/attempts/{attempt_id}/submit" not in review.links


def test_the_first_button_of_every_type_saves_and_goes_on(browser: Browser, world: World, database: Database) -> None:
    """Enter in a field presses the first button of its form, whichever that is."""
    with database.transaction() as session:
        sign_edition(session, world, now=clock.now(), certainty=True)
    attempt_id = start_mixed(database, world)
    browser.sign_in(world.ann)
    by_type = {asked.shown["type"]: asked.position for asked in paper_of(database, attempt_id)}
    assert len(by_type) == len(ItemType)
    for kind, position in by_type.items():
        source = browser.get(item_url(attempt_id, position)).text
        form = source[source.index("<form method") :]
        first = BUTTON.findall(form)[0]
        assert 'type="submit"' in first, kind
        assert "name=" not in first, kind
        assert "formaction" not in first, kind
        assert "How sure are you?" in form


@old_world
def test_one_number_names_an_attempt_on_every_page(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=350))
    told = "ttempt 2, and number 1 of the 3 allowed this time."
    assert told in browser.sign_in(world.max).page(f"/technicians/{world.ann.id}").text
    assert told in browser.sign_in(world.ann).page(EXAM).text
    first = browser.send(EXAM, declared="yes").location
    assert "Certification exam, attempt 2" in browser.page(first).text
