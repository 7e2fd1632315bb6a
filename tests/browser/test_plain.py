"""The exam without JavaScript: the same pages, forms that post, and redirects."""

from playwright.sync_api import Page, expect

from app.exams.queries import Asked
from tests.browser.answering import shown_order
from tests.browser.browsing import PHONE, fits_every_screen
from tests.browser.conftest import Live, Open
from tests.web.sitting import paper_of, start_mixed

TYPES = ("single-choice", "multiple-choice", "numeric", "ordering", "matching")


def test_every_type_of_item_is_answered_without_javascript(live: Live, open_page: Open) -> None:
    attempt_id = start_mixed(live.database, live.world)
    paper = paper_of(live.database, attempt_id)
    page = open_page(PHONE, java_script_enabled=False)
    live.signed_in(page, live.world.ann)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_text("until")).to_be_visible()
    for kind in TYPES:
        asked = next(one for one in paper if one.shown["type"] == kind)
        page.goto(f"/attempts/{attempt_id}/items/{asked.position}")
        given = answer_plainly(page, asked)
        fits_every_screen(page)
        page.get_by_role("button", name="Save and go on").click()
        page.goto(f"/attempts/{attempt_id}/items/{asked.position}")
        expect(page.locator("#save")).to_contain_text("Saved at")
        assert chosen(page) == given, kind
    review_and_submit(page, attempt_id)


def answer_plainly(page: Page, asked: Asked) -> list[str]:
    """Answer an item with its first options, steps by buttons that post; return what the form then holds."""
    first, second, *others = [option["id"] for option in asked.shown["options"]] or ["", ""]
    match asked.shown["type"]:
        case "single-choice":
            page.get_by_role("radio").first.check()
            return [first]
        case "multiple-choice":
            page.get_by_role("checkbox").nth(0).check()
            page.get_by_role("checkbox").nth(1).check()
            return [first, second]
        case "numeric":
            page.get_by_role("textbox").fill("12,5")
            return ["12,5"]
        case "ordering":
            page.locator(f'button[name="up"][value="{second}"]').click()
            expect(page.locator('[name="order"]').first).to_have_value(second)
            return [second, first, *others]
        case _:
            page.get_by_role("combobox").first.select_option(index=1)
            return [asked.shown["rights"][0]["id"]]


def chosen(page: Page) -> list[str]:
    """Return what the form of the item holds."""
    if page.locator('[name="order"]').count():
        return shown_order(page)
    fields = page.locator("form[data-item] :is(input:checked, .number-in, select)")
    values: list[str] = fields.evaluate_all("all => all.map(one => one.value).filter(value => value)")
    return values


def review_and_submit(page: Page, attempt_id: int) -> None:
    """See what is unanswered, submit, and see what to read again, but no keys while attempts remain."""
    page.get_by_text("All questions").click()
    page.get_by_role("link", name="Review and submit").click()
    expect(page.get_by_text(f"{len(TYPES)} of 20 questions answered.")).to_be_visible()
    expect(page.locator(".review-rows li")).to_have_count(20 - len(TYPES))
    fits_every_screen(page)
    page.get_by_role("link", name="Submit the exam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Submit with 15 questions not answered?")
    fits_every_screen(page)
    page.get_by_role("button", name="Submit the exam").click()
    page.wait_for_url(f"**/attempts/{attempt_id}/result")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not passed")
    expect(page.get_by_role("heading", name="Read again", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Questions and keys")).to_have_count(0)
    fits_every_screen(page)
