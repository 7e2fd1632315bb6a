"""What the pages say of a renewal that is shorter: before it, while it is sat, after it, and to who answers for it."""

from datetime import timedelta

import pytest

from app import clock
from app.cli.demo_story import sit
from app.db import Database
from tests.asking import sign_renewing
from tests.factories import COURSE, World, certify, revised_course
from tests.web.conftest import Browser, old_world, statements
from tests.web.sitting import EXAM, start

pytestmark = old_world
PAGE = f"/courses/{COURSE}"
SENTENCE = (
    "Renewal exam: 10 questions, 15 minutes; first what changed since you were certified, then what you found hard."
)
RULES = ("Questions 10", "15 minutes", "80%")


@pytest.fixture
def due(world: World, database: Database) -> str:
    """Ann was certified 350 days ago; a revised edition asks less of a renewal, and for the lessons that changed.

    Return the id of the first of them.
    """
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=350))
        now = clock.now() - timedelta(days=3)
        release = sign_renewing(session, world, now=now, lessons="changed", of=revised_course())
        return str(release.manifest["lessons"][0]["id"])


def test_the_start_page_says_what_a_renewal_asks(browser: Browser, world: World, due: str) -> None:
    assert due
    page = browser.sign_in(world.ann).page(EXAM)
    assert SENTENCE in page.text
    assert all(text in page.text for text in RULES)
    assert "2 lessons changed since the last certification; still to read: “" in page.text
    assert "The renewal needs these lessons." in page.text


def test_the_start_page_of_a_first_exam_says_nothing_of_it(browser: Browser, world: World, due: str) -> None:
    assert due
    page = browser.sign_in(world.ben).page(EXAM)
    assert "Questions 20" in page.text
    assert "30 minutes" in page.text
    assert "enewal exam" not in page.text


def test_the_bar_of_a_sitting_calls_it_a_renewal(browser: Browser, world: World, database: Database, due: str) -> None:
    assert due
    attempt_id = start(database, world.ann.actor)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/items/1")
    assert "Renewal exam, attempt 2" in page.text
    assert "Question 1 of 10" in page.text
    assert SENTENCE in browser.page(EXAM).text


def test_the_result_tells_how_a_renewal_was_drawn(browser: Browser, world: World, database: Database, due: str) -> None:
    assert due
    with database.transaction() as session:
        attempt_id = sit(session, world.ann.actor, course_id=COURSE, at=clock.now() - timedelta(hours=1), right=True)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert "10 of 10 questions" in page.text
    assert "A renewal asks first what changed since you were certified" in page.text
    assert "on what changed since edition" in page.text
    assert "What you found hard 0," in page.text


def test_home_leads_to_the_changed_lessons_and_then_to_the_exam(browser: Browser, world: World, due: str) -> None:
    lesson_url = f"{PAGE}/lessons/{due}"
    home = browser.sign_in(world.ann).page("/")
    assert lesson_url in home.links
    assert "Read the lesson" in home.text
    while "Read the lesson" in home.text:
        lesson_url = next(link for link in home.links if "/lessons/" in link)
        browser.send(f"{lesson_url}/read")
        home = browser.page("/")
    assert SENTENCE in home.text
    assert EXAM in home.links


def test_a_lesson_that_changed_can_be_marked_as_read(browser: Browser, world: World, due: str) -> None:
    page = browser.sign_in(world.ann).page(f"{PAGE}/lessons/{due}")
    assert f"{PAGE}/lessons/{due}/read" in [form.action for form in page.forms]
    browser.send(f"{PAGE}/lessons/{due}/read")
    again = browser.page(f"{PAGE}/lessons/{due}")
    assert f"{PAGE}/lessons/{due}/read" not in [form.action for form in again.forms]


def test_the_course_tells_what_a_renewal_asks(browser: Browser, world: World, due: str) -> None:
    assert due
    page = browser.sign_in(world.ann).page(PAGE)
    assert all(text in page.text for text in RULES)
    assert "To renew, the exam 10 questions in 15 minutes" in page.text
    assert "To renew, the lessons those that changed since the last certification" in page.text


def test_the_manager_reads_the_size_of_a_renewal(browser: Browser, world: World, due: str) -> None:
    assert due
    page = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}")
    told = "attempt 2, and number 1 of the 3 allowed this time."
    assert f"Can sit the renewal exam (10 questions, 15 minutes): {told}" in page.text


@pytest.mark.parametrize("path", ["/", PAGE, EXAM, f"{PAGE}/lessons/{{lesson}}"])
def test_no_page_asks_more_of_the_database(
    browser: Browser, world: World, database: Database, due: str, path: str
) -> None:
    browser.sign_in(world.ann)
    with statements(database) as asked:
        browser.page(path.format(lesson=due))
    assert len(asked) <= 6
