"""A course for who takes it: its page, its lessons, marking them as read, its pictures."""

from datetime import timedelta

import pytest

from app import clock
from app.db import Database
from app.releases import queries as releases
from tests.factories import COURSE, World, certify, observe, read_lessons
from tests.web.conftest import Browser, statements
from tests.web.sitting import EXAM, passed

PAGE = f"/courses/{COURSE}"
LESSON = f"{PAGE}/lessons/light-and-limits"


def test_the_page_shows_lessons_exam_and_certification(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ann).page(PAGE)
    assert page.h1 == ["Non-ablative skin tightening at 1064 nm"]
    assert all(
        text in page.text
        for text in (
            "Edition 2026.1",
            "signed by Mira Santos",
            "0 of 8 lessons read",
            "About 55 minutes",
            "Attempt 1 of 3.",
        )
    )
    assert "Not a licence." in page.text
    assert len({link for link in page.links if link.startswith(f"{PAGE}/lessons/")}) == 8
    assert EXAM in page.links


def test_a_lesson_is_shown_as_it_was_rendered(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ann).page(LESSON)
    assert page.h1 == ["What the light does, and what you may promise"]
    assert "Lesson 1 of 8" in page.text
    assert "Edition 2026.1" in page.text
    assert f"{LESSON}/read" in [form.action for form in page.forms]


def test_every_lesson_opens(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    lessons = {link for link in browser.page(PAGE).links if link.startswith(f"{PAGE}/lessons/")}
    assert [browser.page(link).h1 for link in sorted(lessons)]


def test_no_markdown_is_rendered_on_a_view(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("markdown.Markdown.convert", lambda *_: pytest.fail("rendered on a view"))
    browser.sign_in(world.ann)
    assert [browser.page(page).h1 for page in (PAGE, LESSON, EXAM, "/")]


def test_reading_goes_on_to_the_next_lesson(browser: Browser, world: World) -> None:
    form = browser.sign_in(world.ann).page(LESSON).form(f"{LESSON}/read")
    answer = browser.post(form.action, data=form.fields)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/lessons/type-tone-exposure")
    assert "1 of 8 lessons read" in browser.page(PAGE).text
    again = browser.page(LESSON)
    assert f"{LESSON}/read" not in [form.action for form in again.forms]


def test_reading_twice_counts_once(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    answers = [browser.send(f"{LESSON}/read").location for _ in range(2)]
    assert answers == [f"{PAGE}/lessons/type-tone-exposure"] * 2
    assert "1 of 8 lessons read" in browser.page(PAGE).text


def test_the_last_lesson_leads_back_to_the_course(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.ann).send(f"{PAGE}/lessons/when-it-goes-wrong/read")
    assert (answer.status_code, answer.location) == (303, PAGE)


def test_the_last_thing_missing_issues_the_certification(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now(), all_but=1)
        observe(session, world.eva.actor, world.ann.id, now=clock.now())
    passed(database, world.ann.actor)
    answer = browser.sign_in(world.ann).send(f"{PAGE}/lessons/when-it-goes-wrong/read")
    page = browser.page(answer.location)
    assert "That was the last thing missing: your certification is issued." in page.text
    assert "Certificate " in page.text


def test_a_certified_person_sees_the_state(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        number = certify(session, world, world.ann, now=clock.now() - timedelta(days=2)).number
    page = browser.sign_in(world.ann).page(PAGE)
    assert f"Certificate {number}" in page.text
    assert "Your certification is current." in page.text
    assert EXAM not in page.links


def test_what_is_not_there_is_not_found(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    for path in ("/courses/hair-removal", f"{PAGE}/lessons/no-such-lesson", "/courses/hair-removal/lessons/settings"):
        assert browser.get(path).status_code == 404
    for path in (f"{PAGE}/lessons/no-such-lesson/read", "/courses/hair-removal/lessons/settings/read"):
        assert browser.send(path).status_code == 404


def test_a_picture_is_sent_to_its_organisation_only(browser: Browser, world: World, database: Database) -> None:
    with database.session() as session:
        digest = releases.get_release(session, world.organisation_id, world.release_id).content_hash
    picture = f"/media/{digest}/{COURSE}/light-in-skin.png"
    answer = browser.sign_in(world.ann).get(picture)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.data.startswith(b"\x89PNG")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.sign_in(world.olga).get(picture).status_code == 404
    browser.sign_in(world.ann)
    for odd in ("course.yaml", "../course.yaml", "..%2Fcourse.yaml", "items.yaml", "no.png"):
        assert browser.get(f"/media/{digest}/{COURSE}/{odd}").status_code == 404


def test_the_pages_of_a_course_take_few_queries(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    for path in (PAGE, LESSON, EXAM, "/"):
        with statements(database) as asked:
            browser.get(path)
        assert len(asked) <= 6, path
