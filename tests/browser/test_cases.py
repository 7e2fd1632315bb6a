"""A wrong key in a real browser: contested, upheld, its case signed, and the exam passed after all."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from app import clock
from app.db import Database
from app.exams import queries
from app.exams.queries import Asked
from tests.browser.browsing import PHONE, look_at
from tests.browser.conftest import Live, Open
from tests.factories import PASSWORD, World, observe, read_lessons
from tests.integration.wrong_keys import critical_item, sit_but

WORDS = "Our protocol allows the other answer since spring."


def test_ann_contests_a_question_and_passes_once_its_key_is_corrected(live: Live, open_page: Open) -> None:
    attempt_id, item = failed_on_one(live.database, live.world)
    ann = live.signed_in(open_page(size=PHONE), live.world.ann, f"/attempts/{attempt_id}/result")
    contest(ann, item)
    mira = live.signed_in(open_page(), live.world.mira, "/cases")
    uphold(mira)
    tom = live.signed_in(open_page(), live.world.tom, "/appeals")
    case_url = open_case(tom)
    count(tom, item)
    mira.goto(case_url)
    look_at(mira)
    mira.get_by_label("Your password").fill(PASSWORD)
    mira.get_by_role("button", name="Sign and score again").click()
    expect(mira.get_by_text("1 certification followed from it")).to_be_visible()
    look_at(mira, colours=False)
    ann.goto(f"/attempts/{attempt_id}/result")
    expect(ann.get_by_role("heading", level=1, name="Passed")).to_be_visible()
    expect(ann.get_by_text("Your exam was scored again")).to_be_visible()
    expect(ann.locator(".beside")).to_contain_text("95% Not passed")
    expect(ann.get_by_text("You are right: both are allowed.")).to_be_visible()
    look_at(ann)


def failed_on_one(database: Database, world: World) -> tuple[int, Asked]:
    """Let Ann do all that a certification takes, but for one critical item of her exam."""
    at = clock.now() - timedelta(hours=2)
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=at)
        observe(session, world.eva.actor, world.ann.id, now=at)
        position = critical_item(session, world)
        attempt = sit_but(session, world.ann.actor, wrong=[position], now=at)
        return attempt.id, queries.paper(session, attempt.id)[position - 1]


def contest(page: Page, item: Asked) -> None:
    """Contest a question from the result, by its number."""
    expect(page.get_by_role("heading", level=1, name="Not passed")).to_be_visible()
    page.get_by_role("link", name="Contest a question or the result").click()
    look_at(page)
    page.get_by_label("What you contest").select_option(str(item.position))
    page.get_by_label("What is wrong").fill(WORDS)
    page.get_by_role("button", name="Contest").click()
    expect(page.get_by_text("Your appeal is on record.")).to_be_visible()
    expect(page.get_by_text("Waits for an answer")).to_be_visible()
    look_at(page)


def uphold(page: Page) -> None:
    """Find the appeal from the cases, and uphold it."""
    look_at(page, colours=False)
    page.get_by_role("link", name="Appeals").click()
    look_at(page)
    page.get_by_role("table").get_by_role("link").click()
    look_at(page)
    page.get_by_label("Upheld: the trainee is right").check()
    page.get_by_label("Reason").fill("You are right: both are allowed.")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Answered. The trainee reads it beside the result.")).to_be_visible()
    look_at(page, colours=False)


def open_case(page: Page) -> str:
    """Open the case of the contested question; return its address."""
    page.get_by_role("table").get_by_role("link").click()
    page.get_by_role("link", name="Open the case of this question").click()
    look_at(page)
    page.get_by_label("What is wrong").fill("The key holds one of two right answers.")
    page.get_by_label("Evidence").fill("Protocol 4.2, page 12.")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_text("The case is open.")).to_be_visible()
    look_at(page)
    return page.url


def count(page: Page, item: Asked) -> None:
    """Accept what Ann chose beside the old key, and count what that changes."""
    page.get_by_label("Accept the old key and a new one").check()
    page.locator(f"input[name=key][value={item.chosen[0]}]").check()  # type: ignore[index]  # a single choice
    page.get_by_role("button", name="Count what it would change").click()
    expect(page.get_by_text("From failed to passed")).to_be_visible()
    expect(page.locator(".impact")).to_contain_text("1 to pass")
    look_at(page)
