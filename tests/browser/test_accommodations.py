"""Max grants Ann more time and a break; Ann reads of it, sits on her phone, rests, and goes on where she was."""

from playwright.sync_api import Page, expect

from app.db import Database
from app.exams import queries
from app.exams.models import Attempt
from tests.browser.answering import answer, expect_saved
from tests.browser.browsing import PHONE, look_at
from tests.browser.conftest import Live, Open
from tests.factories import COURSE

REASON = "Confirmed by the clinic's doctor."


def test_max_grants_and_ann_takes_a_break(live: Live, open_page: Open) -> None:
    grant(live.signed_in(open_page(), live.world.max, f"/technicians/{live.world.ann.id}"))
    page = live.signed_in(open_page(PHONE), live.world.ann, f"/courses/{COURSE}/exam")
    expect(page.get_by_text("You have 25% more time")).to_be_visible()
    expect(page.get_by_text("Granted by Max Keller")).to_be_visible()
    look_at(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Start the exam").click()
    page.wait_for_url("**/items/1")
    expect(page.locator("[data-clock]")).to_contain_text("37:")
    attempt_id = int(page.url.split("/")[4])
    first = paper_of(live.database, attempt_id)[0]
    answer(page, first)
    expect_saved(page)
    rest(page)
    go_on(page)
    with live.database.session() as session:
        attempt = session.get_one(Attempt, attempt_id)
        assert attempt.breaks_taken == 1
        assert [mark.answered for mark in queries.marks(session, attempt.id)][:2] == [True, False]


def grant(page: Page) -> None:
    """Grant Ann a quarter more time and one break, from her page."""
    page.get_by_role("link", name="Grant an accommodation").click()
    look_at(page)
    page.get_by_label("Time").select_option("25% more")
    page.get_by_label("Breaks in an exam").fill("1")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Grant it").click()
    expect(page.get_by_text("25% more time · 1 break of up to 10 minutes")).to_be_visible()
    look_at(page)


def rest(page: Page) -> None:
    """Take the break; no question can be reached, neither here nor by its address."""
    item = page.url
    page.get_by_text("All questions").click()
    page.get_by_role("link", name="Take a break (1 left)").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Take a break")
    look_at(page)
    page.get_by_role("button", name="Start the break").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on a break")
    look_at(page)
    page.goto(item)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on a break")


def go_on(page: Page) -> None:
    """Go on: the first open question comes, and almost all of the time is left."""
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/items/2")
    expect(page.locator("[data-clock]")).to_contain_text("37:")
    expect(page.get_by_role("link", name="Take a break")).to_have_count(0)


def paper_of(database: Database, attempt_id: int) -> list[queries.Asked]:
    """Return the paper of an attempt."""
    with database.session() as session:
        return queries.paper(session, attempt_id)
