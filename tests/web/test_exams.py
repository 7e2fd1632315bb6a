"""Sitting an exam: without JavaScript, by script, every type of item, and what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.certification import service as certification
from app.db import Database
from app.exams.models import Attempt
from tests.factories import World, certify
from tests.web.conftest import Browser
from tests.web.page import Page
from tests.web.sitting import (
    EXAM,
    answer_all,
    failed,
    item_url,
    paper_of,
    passed,
    revisions,
    right,
    save,
    start,
    start_mixed,
    start_overdue,
)

ITEMS = 20
UNKNOWN = 999_999


def test_a_whole_exam_is_sat_without_javascript(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    form = browser.page(EXAM).form(EXAM)
    here = browser.post(EXAM, data={**form.fields, "declared": "yes"})
    attempt_id = attempts(database)[0].id
    for asked in paper_of(database, attempt_id):
        assert (here.status_code, here.location) == (303, item_url(attempt_id, asked.position))
        shown = browser.page(here.location).form(here.location)
        here = browser.post(shown.action, data={**shown.fields, **right(asked)})
    assert here.location == f"/attempts/{attempt_id}/review"
    review = browser.page(here.location)
    assert "All 20 questions are answered." in review.text
    here = browser.post(f"/attempts/{attempt_id}/submit", data=review.form(f"/attempts/{attempt_id}/submit").fields)
    assert (here.status_code, here.location) == (303, f"/attempts/{attempt_id}/result")
    assert browser.page(here.location).h1 == ["Passed"]


def test_the_rules_stand_before_the_exam(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ann).page(EXAM)
    assert all(text in page.text for text in ("Questions 20", "30 minutes", "80%", "Attempts 3", "24 hours of waiting"))
    assert "0 of 8 lessons read" in page.text
    assert "Attempt 1 of 3." in page.text


def test_without_the_declaration_nothing_starts(browser: Browser, world: World, database: Database) -> None:
    answer = browser.sign_in(world.ann).send(EXAM)
    assert (answer.status_code, "Tick the declaration" in answer.text) == (422, True)
    assert attempts(database) == []


def test_starting_again_goes_on_with_the_same_attempt(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    first, again = (browser.send(EXAM, declared="yes").location for _ in range(2))
    assert first == again
    assert len(attempts(database)) == 1
    page = browser.page(EXAM)
    assert "Your exam is running" in page.text
    assert first in page.links
    assert first in browser.page("/").links


def test_a_course_that_is_not_assigned_has_no_exam(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    assert browser.get("/courses/hair-removal/exam").status_code == 404
    assert browser.send("/courses/hair-removal/exam", declared="yes").status_code == 404


def test_a_save_by_script_brings_the_next_item(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    first, second = paper_of(database, attempt_id)[:2]
    answer = browser.sign_in(world.ann).fetch(item_url(attempt_id, 1), **right(first))
    told = answer.get_json()
    assert answer.status_code == 200
    assert told.keys() == {"saved", "revision", "understood", "left", "next", "next_url"}
    assert told["revision"] == 1
    assert 1790 < told["left"] <= 1800
    assert told["next_url"] == item_url(attempt_id, 2)
    following = Page(told["next"])
    assert following.h1 == Page(f"<h1>{second.shown['stem']}</h1>").h1
    # The same choice again, such as a retry whose first answer was lost, adds nothing.
    assert browser.fetch(item_url(attempt_id, 1), **right(first)).get_json()["revision"] == 1
    # The form that came along works as it is.
    form = following.form(item_url(attempt_id, 2))
    answer = browser.post(form.action, data={**form.fields, **right(second)}, headers={"X-Fluence": "fragment"})
    assert answer.get_json()["revision"] == 1


def test_the_last_save_by_script_brings_the_review(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    last = paper_of(database, attempt_id)[-1]
    told = browser.sign_in(world.ann).fetch(item_url(attempt_id, ITEMS), **right(last)).get_json()
    assert told["next_url"] == f"/attempts/{attempt_id}/review"
    review = Page(told["next"])
    assert review.h1 == ["Review and submit"]
    assert "1 of 20 questions answered." in review.text
    assert review.form(f"/attempts/{attempt_id}/submit").fields["csrf_token"] != [""]


def test_every_type_of_item_is_answered_and_shown_again(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    browser.sign_in(world.ann)
    for asked in paper_of(database, attempt_id):
        url = item_url(attempt_id, asked.position)
        assert save(browser, attempt_id, asked.position, right(asked)).status_code == 303
        page = browser.page(url)
        fields = page.form(url).fields
        assert fields["revision"] == ["1"]
        shown = {name: sorted(values) for name, values in fields.items() if name not in ("csrf_token", "revision")}
        assert shown == {name: sorted(values) for name, values in right(asked).items()}, asked.shown["type"]
        assert "Saved at " in page.text
    assert {asked.shown["type"] for asked in paper_of(database, attempt_id) if asked.chosen} == {
        "single-choice",
        "multiple-choice",
        "numeric",
        "ordering",
        "matching",
    }


def test_what_was_not_offered_is_refused(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    by_type = {asked.shown["type"]: asked for asked in paper_of(database, attempt_id)}
    browser.sign_in(world.ann)
    for kind, fields, sentence in (
        ("single-choice", {"choice": "z"}, "Choose one of the answers shown"),
        ("single-choice", {"choice": ["a", "b"]}, "Choose one answer."),
        ("multiple-choice", {"choice": ["a", "\u202e"]}, "Choose one of the answers shown"),
        ("numeric", {"value": "about twelve"}, "Enter a number such as 12.5"),
        ("numeric", {"value": "1e999"}, "Enter a number such as 12.5"),
        ("ordering", {"order": ["a", "a"]}, "Keep every step once"),
        ("matching", {"match-a": "z"}, "Choose from the list for each"),
    ):
        url = item_url(attempt_id, by_type[kind].position)
        for answer in (browser.send(url, **fields), browser.fetch(url, **fields)):
            assert (answer.status_code, sentence in answer.text) == (409, True), (kind, fields)
    assert revisions(database) == 0


def test_an_answer_is_taken_back(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    asked = next(one for one in paper_of(database, attempt_id) if one.shown["type"] == "numeric")
    browser.sign_in(world.ann)
    save(browser, attempt_id, asked.position, right(asked))
    save(browser, attempt_id, asked.position, {"value": "", "revision": "1"})
    assert "0 of 20 questions answered." in browser.page(f"/attempts/{attempt_id}/review").text
    assert revisions(database) == 2


def test_steps_are_moved_without_javascript(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    asked = next(one for one in paper_of(database, attempt_id) if one.shown["type"] == "ordering")
    url, order = item_url(attempt_id, asked.position), [option["id"] for option in asked.shown["options"]]
    answer = browser.sign_in(world.ann).send(url, order=order, down=order[0])
    assert (answer.status_code, answer.location) == (303, url)
    assert browser.page(url).form(url).fields["order"] == [order[1], order[0], *order[2:]]


def test_a_flag_keeps_what_was_chosen(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    first = paper_of(database, attempt_id)[0]
    answer = browser.sign_in(world.ann).send(f"{item_url(attempt_id, 1)}/flag", flag="on", **right(first))
    assert (answer.status_code, answer.location) == (303, item_url(attempt_id, 1))
    assert paper_of(database, attempt_id)[0].chosen is not None
    assert "Answered and flagged" in browser.page(f"/attempts/{attempt_id}/review").text
    assert browser.fetch(f"{item_url(attempt_id, 2)}/flag", flag="on").get_json() == {"flagged": True}
    assert "2 flagged" in browser.page(item_url(attempt_id, 1)).text
    assert browser.fetch(f"{item_url(attempt_id, 2)}/flag", flag="off").get_json() == {"flagged": False}
    assert "1 flagged" in browser.page(item_url(attempt_id, 1)).text
    assert revisions(database) == 1


def test_the_review_names_what_is_unanswered(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    answer_all(database, world.ann.actor, attempt_id, at=clock.now(), upto=18)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/review")
    rows = [link for link in page.links if link.startswith(f"/attempts/{attempt_id}/items/")][:2]
    assert rows == [item_url(attempt_id, 19), item_url(attempt_id, 20)]
    assert "18 of 20 questions answered." in page.text
    assert Page(paper_of(database, attempt_id)[18].shown["stem"] + "<body>").text in page.text


def test_submitting_twice_changes_nothing(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ann)
    first = browser.send(f"/attempts/{attempt_id}/submit")
    closed = attempts(database)[0]
    again = browser.send(f"/attempts/{attempt_id}/submit")
    assert (first.status_code, first.location) == (again.status_code, again.location)
    assert (attempts(database)[0].closed_at, attempts(database)[0].closed_by) == (closed.closed_at, "submitted")


def test_after_submitting_nothing_is_saved(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ann).send(f"/attempts/{attempt_id}/submit")
    closed_to(browser, database, attempt_id)


def test_after_the_deadline_nothing_is_saved(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_overdue(database, world)
    closed_to(browser.sign_in(world.ann), database, attempt_id)


def test_what_was_saved_counts_when_the_time_runs_out(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_overdue(database, world, right=ITEMS)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert page.h1 == ["The time is up"]
    submit = page.form(f"/attempts/{attempt_id}/submit")
    browser.post(submit.action, data=submit.fields)
    result = browser.page(f"/attempts/{attempt_id}/result")
    assert result.h1 == ["Passed"]
    assert "The time ran out" in result.text
    closed = attempts(database)[0]
    assert (closed.closed_by, closed.closed_at) == ("ran_out", closed.deadline_at)


def test_asking_to_start_records_what_ran_out(browser: Browser, world: World, database: Database) -> None:
    start_overdue(database, world, right=ITEMS)
    answer = browser.sign_in(world.ann).send(EXAM, declared="yes")
    assert (answer.status_code, "You have passed this exam" in answer.text) == (409, True)
    closed = attempts(database)[0]
    assert (closed.closed_by, closed.closed_at, closed.passed) == ("ran_out", closed.deadline_at, True)


def test_nothing_that_a_browser_says_moves_the_deadline(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_overdue(database, world)
    hopes = {"deadline_at": "2099-01-01", "seconds_left": "900", "left": "900", "now": "0", "score": "1", "passed": "1"}
    browser.sign_in(world.ann)
    assert browser.fetch(item_url(attempt_id, 1), choice="a", **hopes).status_code == 410
    browser.send(f"/attempts/{attempt_id}/submit", **hopes)
    assert (attempts(database)[0].passed, attempts(database)[0].score_numerator) == (False, 0)


def test_another_persons_attempt_is_not_found(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ben)
    for theirs in (attempt_id, UNKNOWN):
        read = [browser.get(f"/attempts/{theirs}/{page}").status_code for page in ("items/1", "review", "result")]
        sent = [browser.send(f"/attempts/{theirs}/{act}").status_code for act in ("items/1", "items/1/flag", "submit")]
        assert read + sent == [404] * 6
    assert revisions(database) == 0
    assert attempts(database)[0].closed_at is None


def test_an_item_beyond_the_paper_is_not_found(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ann)
    for position in (ITEMS + 1, 9999, 99999):
        assert browser.get(item_url(attempt_id, position)).status_code == 404
        assert save(browser, attempt_id, position, {"choice": "a"}).status_code == 404
        assert browser.send(f"{item_url(attempt_id, position)}/flag", flag="on").status_code == 404
    assert revisions(database) == 0


def test_who_was_signed_out_saves_nothing(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    answer = browser.fetch(item_url(attempt_id, 1), choice="a")
    assert (answer.status_code, answer.get_json()["goto"]) == (401, "/sign-in")
    answer = save(browser, attempt_id, 1, {"choice": "a"})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert revisions(database) == 0


def test_a_script_is_told_of_a_missing_token(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ann)
    answer = browser.post(item_url(attempt_id, 1), data={"choice": "a"}, headers={"X-Fluence": "fragment"})
    assert (answer.status_code, "This form was open for too long" in answer.get_json()["error"]) == (400, True)
    assert revisions(database) == 0


def test_a_token_in_a_header_serves_too(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    headers = {"X-Fluence": "fragment", "X-CSRFToken": browser.sign_in(world.ann).token()}
    answer = browser.post(item_url(attempt_id, 1), data=right(paper_of(database, attempt_id)[0]), headers=headers)
    assert (answer.status_code, revisions(database)) == (200, 1)


@pytest.mark.parametrize("days_ago", [0.9, 0.1])
def test_between_two_attempts_one_waits(browser: Browser, world: World, database: Database, days_ago: float) -> None:
    failed(database, world.ann.actor, days_ago=days_ago)
    refused(browser.sign_in(world.ann), database, "You can sit the exam again from ")


def test_after_the_waiting_time_one_sits_again(browser: Browser, world: World, database: Database) -> None:
    failed(database, world.ann.actor, days_ago=1.1)
    assert "Attempt 2 of 3." in browser.sign_in(world.ann).page(EXAM).text
    assert browser.send(EXAM, declared="yes").status_code == 303
    assert [one.number for one in attempts(database)] == [1, 2]


def test_when_attempts_are_used_up_the_manager_grants_one(browser: Browser, world: World, database: Database) -> None:
    for days_ago in (6, 4, 2):
        failed(database, world.ann.actor, days_ago=days_ago)
    refused(browser.sign_in(world.ann), database, "Your attempts are used up. Max Keller can grant you one more.")
    with database.transaction() as session:
        certification.grant_attempt(
            session,
            actor=world.max.actor,
            account_id=world.ann.id,
            course_id=EXAM.split("/")[2],
            reason="The fire alarm rang.",
            now=clock.now(),
        )
    assert "Attempt 4 of 4." in browser.page(EXAM).text
    assert browser.send(EXAM, declared="yes").status_code == 303


def test_who_passed_sits_no_more(browser: Browser, world: World, database: Database) -> None:
    passed(database, world.ann.actor)
    refused(browser.sign_in(world.ann), database, "You have passed this exam; there is nothing more to sit.")


def test_who_is_certified_waits_for_the_renewal_window(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=2))
    refused(browser.sign_in(world.ann), database, "Your certification is current. You can sit the exam again from ")


def closed_to(browser: Browser, database: Database, attempt_id: int) -> None:
    """Make sure that an attempt takes no more answers, in whatever way they come."""
    result, url = f"/attempts/{attempt_id}/result", item_url(attempt_id, 1)
    for page in (url, f"/attempts/{attempt_id}/review"):
        answer = browser.get(page)
        assert (answer.status_code, answer.location) == (303, result)
    for target in (url, f"{url}/flag"):
        answer = browser.send(target, choice="a", flag="on")
        assert (answer.status_code, answer.location) == (303, result)
        told = browser.fetch(target, choice="a", flag="on")
        assert (told.status_code, told.get_json()["goto"]) == (410, result)
        assert "Its result tells what counts." in told.get_json()["error"]
    assert revisions(database) == 0


def refused(browser: Browser, database: Database, sentence: str) -> None:
    """Make sure that no attempt starts, and that both the page and the refusal say why."""
    before = len(attempts(database))
    page = browser.page(EXAM)
    assert sentence in page.text
    assert EXAM not in [form.action for form in page.forms]
    answer = browser.send(EXAM, declared="yes")
    assert (answer.status_code, sentence in answer.text) == (409, True)
    assert len(attempts(database)) == before


def attempts(database: Database) -> list[Attempt]:
    """Return all attempts, the earliest first."""
    with database.session() as session:
        return list(session.scalars(select(Attempt).order_by(Attempt.id)))
