"""What goes wrong in an exam: no connection, a second tab, the Back button, no time left."""

from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import update

from app import clock
from app.db import Database
from app.exams.models import Attempt
from tests.browser.answering import answer, expect_focus_on_heading, expect_saved
from tests.browser.browsing import PHONE, look_at
from tests.browser.conftest import Live, Open
from tests.web.sitting import paper_of, start

SHORT = timedelta(seconds=6)


def test_without_a_connection_nothing_is_lost(live: Live, page: Page, provoked: list[str]) -> None:
    provoked.append("ERR_INTERNET_DISCONNECTED")
    attempt_id = open_first(live, page)
    page.context.set_offline(True)
    answer(page, paper_of(live.database, attempt_id)[0])
    expect(page.locator("#save")).to_have_text("Not saved. Check your connection; we keep trying.")
    look_at(page)
    page.locator("[data-next-button]").click()
    expect(page.get_by_text("Question 1 of 20")).to_be_visible()
    page.context.set_offline(False)
    expect_saved(page)
    page.reload()
    expect(page.locator("#save")).to_contain_text("Saved at")
    assert paper_of(live.database, attempt_id)[0].chosen


def test_without_a_connection_nobody_leaves_the_exam(live: Live, page: Page, provoked: list[str]) -> None:
    provoked.append("ERR_INTERNET_DISCONNECTED")
    attempt_id = open_first(live, page)
    told = page.locator("#offline")
    for press in ("Next question", "Review and submit", "Save and leave"):
        page.context.set_offline(True)
        page.locator("#main").or_(page.locator("header, #rail")).get_by_text(press, exact=True).click()
        expect(told).to_have_text("No connection. You are still here; we go on when it is back.")
        expect(page.get_by_text("Question 1 of 20")).to_be_visible()
    look_at(page, colours=False)
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ann")
    page.goto(f"/attempts/{attempt_id}/submit")
    page.context.set_offline(True)
    page.get_by_role("button", name="Submit the exam").click()
    expect(told).to_contain_text("Your exam is not submitted yet")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not passed")


def test_what_was_wanted_without_a_connection_is_forgotten_once_something_else_is_done(
    live: Live, page: Page, provoked: list[str]
) -> None:
    provoked.append("ERR_INTERNET_DISCONNECTED")
    attempt_id = open_first(live, page)
    page.context.set_offline(True)
    page.locator("[data-next-button]").click()
    expect(page.locator("#offline")).to_be_visible()
    answer(page, paper_of(live.database, attempt_id)[0])
    expect(page.locator("#offline")).to_be_hidden()
    page.context.set_offline(False)
    expect_saved(page)
    page.wait_for_timeout(2500)  # longer than the first try waits
    expect(page.get_by_text("Question 1 of 20")).to_be_visible()


def test_two_tabs_and_the_back_button_keep_one_attempt(
    live: Live, page: Page, open_page: Open, provoked: list[str]
) -> None:
    provoked.append("410")
    attempt_id = open_first(live, page)
    late = live.signed_in(open_page(PHONE), live.world.ann, f"/attempts/{attempt_id}/items/1")
    first, second, *_ = paper_of(live.database, attempt_id)
    other = page.context.new_page()
    other.goto(page.url)
    answer(page, first, right=False)
    expect_saved(page)
    expect(other.locator("#save")).to_contain_text("in another tab or device")
    expect(other.locator("[data-answered]")).to_have_text("1")
    answer(other, first)
    expect_saved(other)
    expect(page.locator("#save")).to_contain_text("in another tab or device")
    other.locator("[data-next-button]").click()
    expect(other.get_by_text("Question 2 of 20")).to_be_visible()
    answer(other, second)
    expect_saved(other)
    other.go_back()
    expect(other.get_by_text("Question 1 of 20")).to_be_visible()
    expect(other.locator("#save")).to_contain_text("Saved at")
    kept = paper_of(live.database, attempt_id)
    assert [one.revision for one in kept[:2]] == [2, 1], "the last save of an item counts, in whichever tab"
    other.goto(f"/attempts/{attempt_id}/review")
    submit(other)
    expect(other.get_by_role("heading", level=1)).to_have_text("Not passed")
    other.go_back()
    expect(other.get_by_role("heading", level=1)).to_have_text("Not passed")
    answer(late, first, right=False)
    expect(late.locator("#save")).to_contain_text("This exam is over. Its result tells what counts.")
    late.get_by_role("link", name="Continue").click()
    expect(late.get_by_role("heading", level=1)).to_have_text("Not passed")
    assert paper_of(live.database, attempt_id)[0].revision == 2


def test_a_device_that_comes_late_shows_what_is_newer(
    live: Live, page: Page, open_page: Open, provoked: list[str]
) -> None:
    provoked.extend(["ERR_INTERNET_DISCONNECTED", "409"])
    attempt_id = open_first(live, page)
    first = paper_of(live.database, attempt_id)[0]
    phone = live.signed_in(open_page(PHONE), live.world.ann, f"/attempts/{attempt_id}/items/1")
    expect_focus_on_heading(phone)
    phone.context.set_offline(True)
    answer(phone, first, right=False)
    expect(phone.locator("#save")).to_have_text("Not saved. Check your connection; we keep trying.")
    answer(page, first)
    expect_saved(page)
    phone.context.set_offline(False)
    expect(phone.get_by_role("alert")).to_contain_text("A newer answer was saved at")
    assert paper_of(live.database, attempt_id)[0].revision == 1
    assert shown_answer(phone) == shown_answer(page)
    look_at(phone)
    answer(phone, first, right=False)
    expect_saved(phone)
    expect(phone.get_by_role("alert")).to_have_count(0)
    # Another device learns of it when somebody comes back to it.
    assert shown_answer(page) != shown_answer(phone)
    page.evaluate("dispatchEvent(new Event('blur')); dispatchEvent(new Event('focus'))")
    expect(page.locator("#save")).to_contain_text("in another tab or device")
    assert shown_answer(page) == shown_answer(phone)


def test_an_answer_whose_confirmation_was_lost_is_saved_once(live: Live, page: Page, provoked: list[str]) -> None:
    provoked.append("ERR_FAILED")
    attempt_id = open_first(live, page)
    first = paper_of(live.database, attempt_id)[0]
    page.route("**/items/1", lambda route: (route.fetch(), route.abort()), times=1)
    answer(page, first, right=False)
    expect(page.locator("#save")).to_contain_text("Not saved.")
    answer(page, first)
    expect_saved(page)
    kept = paper_of(live.database, attempt_id)[0]
    assert kept.revision == 2, "what was sent first counts once, and what was chosen since follows it"
    page.reload()
    expect_saved(page)


def test_when_the_time_runs_out_what_was_saved_counts(live: Live, page: Page) -> None:
    attempt_id = open_first(live, page)
    answer(page, paper_of(live.database, attempt_id)[0])
    expect_saved(page)
    end_soon(live.database, attempt_id)
    page.reload()
    expect(page.locator("#timer")).to_have_attribute("data-phase", "last")
    expect(page.get_by_role("heading", level=1)).to_have_text("The time is up")
    expect(page.get_by_role("heading", name="What you saved counts")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="See the result").click()
    expect(page.get_by_text("The time ran out")).to_be_visible()
    expect(page.get_by_text("1 of 20 questions")).to_be_visible()
    look_at(page)


def open_first(live: Live, page: Page) -> int:
    """Start an attempt of Ann's and open its first item, signed in; return the attempt's id."""
    attempt_id = start(live.database, live.world.ann.actor)
    live.signed_in(page, live.world.ann, f"/attempts/{attempt_id}/items/1")
    return attempt_id


def submit(page: Page) -> None:
    """Submit from the review with questions open: it is asked once more."""
    page.get_by_role("link", name="Submit the exam").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("not answered?")
    page.get_by_role("button", name="Submit the exam").click()


def shown_answer(page: Page) -> list[str]:
    """Return what the form of the item on the page holds."""
    fields = page.locator("form[data-item] :is(input:checked, .number-in, select, [name='order'])")
    values: list[str] = fields.evaluate_all("all => all.map(one => one.value)")
    return values


def end_soon(database: Database, attempt_id: int) -> None:
    """Let an attempt run out while one looks on."""
    with database.transaction() as session:
        session.execute(update(Attempt).where(Attempt.id == attempt_id).values(deadline_at=clock.now() + SHORT))
