"""Ann on her phone: from the lesson that she left off, by pass and practice, to a certificate that strangers check."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Request, expect

from app import clock
from app.exams import queries
from app.exams.queries import Asked
from tests.browser.answering import answer, expect_focus_on_heading, expect_saved
from tests.browser.browsing import PHONE, look_at, sign_in_by_form
from tests.browser.conftest import Live, Open
from tests.factories import PASSWORD, observe, read_lessons

BUDGET = 25  # requests of a sitting in which each of 20 items is answered with one change
ITEMS = 20


def test_ann_learns_sits_and_is_certified(live: Live, open_page: Open) -> None:
    with live.database.transaction() as session:
        read_lessons(session, live.world.ann.actor, now=clock.now(), all_but=2)
        observe(session, live.world.eva.actor, live.world.ann.id, now=clock.now(), times=2)
    page = open_page(PHONE)
    page.goto("/sign-in")
    look_at(page)
    sign_in_by_form(page, live.world.ann.email)
    read_the_rest(page)
    asked = heard(page)
    changes = sit(page, live, asked)
    with not_counted(asked):
        leave_flag_and_come_back(page)
    submit(page)
    assert len(asked) <= BUDGET + changes - ITEMS, asked
    staff = live.signed_in(open_page(PHONE), live.world.max, "/board")
    row = staff.locator(".r-person").filter(has_text=live.world.ann.name)
    expect(row).to_contain_text("Sign-off2 of 3 observed")
    sign_off(live.signed_in(staff, live.world.eva))
    confirm(page)
    live.signed_in(staff, live.world.max, "/board")
    expect(row).to_contain_text("1 current")
    check_the_certificate(page, live, open_page)


def heard(page: Page) -> list[str]:
    """Note down every request from now on but those for files that a browser keeps."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/static/" not in request.url:
            asked.append(f"{request.method} {request.url}")

    page.on("request", note)
    return asked


@contextmanager
def not_counted(asked: list[str]) -> Iterator[None]:
    """Forget the requests of a detour."""
    before = len(asked)
    yield
    del asked[before:]


def read_the_rest(page: Page) -> None:
    """Read the lessons that are left, from the home page on."""
    expect(page.get_by_text("6 of 8 lessons read")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Continue lesson").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From arrival to aftercare")
    look_at(page)
    page.get_by_role("button", name="Mark as read and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("When something goes wrong")
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_text("8 of 8 lessons read").first).to_be_visible()
    look_at(page)


def sit(page: Page, live: Live, asked: list[str]) -> int:
    """Answer everything rightly and reach the review; return how many changes that took.

    Every answer is shown as saved, and Next makes no request; the last item is first passed over.
    """
    page.get_by_role("link", name="Go to the exam").click()
    look_at(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Start the exam").click()
    page.wait_for_url("**/items/1")
    look_at(page)
    changes = 0
    for item in paper_on(page, live):
        expect(page.get_by_text(f"Question {item.position} of {ITEMS}")).to_be_visible()
        if item.position == ITEMS:
            with not_counted(asked):
                find_unanswered(page, item)
        changes += answer(page, item)
        expect_saved(page)
        sent = len(asked)
        page.locator("[data-next-button]").click()
        expect_focus_on_heading(page)
        assert len(asked) == sent, "Next made a request"
    expect(page.get_by_text("All 20 questions are answered.")).to_be_visible()
    expect(page.locator("[data-answered]")).to_have_text(str(ITEMS))
    return changes


def find_unanswered(page: Page, item: Asked) -> None:
    """Pass over the last item, find it named on the review, and go back to it from there."""
    stem = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Review and submit").click()
    if item.shown["type"] == "ordering":
        expect(page.get_by_text("This order is not saved.")).to_be_visible()
        page.get_by_role("button", name="Review and submit").click()
    expect(page.get_by_text("19 of 20 questions answered.")).to_be_visible()
    expect(page.get_by_role("heading", name="Not answered")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name=stem).click()
    expect(page.get_by_text(f"Question {ITEMS} of {ITEMS}")).to_be_visible()


def paper_on(page: Page, live: Live) -> list[Asked]:
    """Return the paper of the attempt on the page, with its keys."""
    with live.database.session() as session:
        return queries.paper(session, int(page.url.split("/")[4]))


def leave_flag_and_come_back(page: Page) -> None:
    """Leave on the review, come back from home, flag an item, and find it named on the review."""
    page.get_by_role("link", name="Save and leave").click()
    expect(page.get_by_role("heading", name="Go on with your exam")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    expect(page.locator("#save")).to_contain_text("Saved at")
    page.get_by_role("button", name="Flag").click()
    expect(page.get_by_role("button", name="Flagged")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("All questions").click()
    expect(page.locator("[data-flagged]")).to_have_text("1")
    look_at(page)
    page.get_by_role("link", name="Review and submit").click()
    expect(page.get_by_role("heading", name="Answered and flagged")).to_be_visible()
    expect(page.get_by_role("heading", name="Not answered")).to_have_count(0)
    look_at(page)


def submit(page: Page) -> None:
    """Submit, and see the result with its keys and what it brought."""
    page.get_by_role("button", name="Submit the exam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Passed")
    expect(page.get_by_text("100%").first).to_be_visible()
    expect(page.get_by_role("heading", name="Questions and keys")).to_be_visible()
    expect(page.get_by_role("heading", name="What is still missing")).to_be_visible()
    page.locator("details.answer-item").first.click()
    look_at(page)


def sign_off(page: Page) -> None:
    """Sign off the last treatment as its evaluator, on a phone at the device."""
    page.get_by_label("Technician").select_option(label="Ann Berg, Riverside")
    page.get_by_label("Skin type").select_option(label="III")
    page.get_by_role("button", name="Open the checklist").click()
    page.locator("input[name=steps]").evaluate_all("boxes => boxes.forEach(box => box.click())")
    page.get_by_label("Done safely").check()
    page.get_by_label("Worked calmly and evenly").check()
    page.get_by_label("Your password").fill(PASSWORD)
    look_at(page)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("It counts as soon as Ann Berg has confirmed it")).to_be_visible()
    expect(page.locator("#signed tbody tr")).to_have_count(3)
    look_at(page)


def confirm(page: Page) -> None:
    """Confirm the treatment as who gave it: it was the last thing missing."""
    result = page.url
    page.goto("/")
    expect(page.locator(".certs")).to_have_count(0)
    expect(page.get_by_text("Ask an evaluator of your clinic to observe you.")).to_be_visible()
    page.get_by_role("link", name="Confirm or contest").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Confirmed.")).to_be_visible()
    page.goto(result)
    expect(page.locator(".award")).to_contain_text("It is issued in your name.")


def check_the_certificate(page: Page, live: Live, open_page: Open) -> None:
    """Find the certification at home, and check its number as a stranger does."""
    number = page.locator(".award .code").inner_text()
    page.goto("/")
    expect(page.locator(".certs")).to_contain_text("Current")
    look_at(page)
    stranger = open_page(PHONE)
    stranger.goto("/verify")
    look_at(stranger)
    stranger.get_by_label("Certificate number").fill(number.lower().replace("-", " "))
    stranger.get_by_role("button", name="Check").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Current")
    expect(stranger.get_by_text(live.world.ann.name, exact=True)).to_be_visible()
    stranger.get_by_text("What the answers mean").click()
    look_at(stranger)
