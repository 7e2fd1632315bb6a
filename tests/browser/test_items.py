"""Items by their types in a browser: steps are dragged, numbers are understood, pictures open large, focus is kept."""

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from app import clock
from app.exams.models import PaperItem
from app.exams.queries import Asked
from app.releases.models import ItemContent
from tests.asking import sign_edition
from tests.browser.answering import expect_focus_on_heading, expect_saved, shown_order
from tests.browser.browsing import PHONE, look_at
from tests.browser.conftest import Live, Open
from tests.web.sitting import paper_of, start_mixed


def test_steps_are_dragged_into_order(live: Live, page: Page) -> None:
    asked = open_item(live, page, "ordering")
    before = shown_order(page)
    drag(page, 0, len(before) - 1)
    expect_saved(page)
    assert shown_order(page) == [*before[1:], before[0]]
    expect(page.locator("#live")).to_contain_text(f"now {len(before)} of {len(before)}")
    expect(page.locator('[data-row] [name="up"]').first).to_be_disabled()
    expect(page.locator('[data-row] [name="down"]').last).to_be_disabled()
    page.reload()
    assert shown_order(page) == [*before[1:], before[0]]
    assert paper_of(live.database, 1)[asked.position - 1].chosen == [*before[1:], before[0]]
    look_at(page)


def test_steps_are_dragged_with_a_finger(live: Live, open_page: Open) -> None:
    page = open_page(PHONE, has_touch=True, is_mobile=True)
    open_item(live, page, "ordering")
    before = shown_order(page)
    swipe(page, 1, 0)
    expect_saved(page)
    assert shown_order(page) == [before[1], before[0], *before[2:]]


def test_steps_are_moved_with_the_keyboard_and_announced(live: Live, page: Page) -> None:
    open_item(live, page, "ordering")
    before = shown_order(page)
    page.locator('[name="down"]').first.focus()
    page.keyboard.press("Enter")
    expect_saved(page)
    assert shown_order(page) == [before[1], before[0], *before[2:]]
    expect(page.locator("#live")).to_contain_text(f"now 2 of {len(before)}")
    expect(page.locator(f'[name="down"][value="{before[0]}"]')).to_be_focused()


def test_an_order_that_stands_as_shown_is_not_skipped_silently(live: Live, page: Page) -> None:
    asked = open_item(live, page, "ordering")
    line = page.locator("#save")
    expect(line).to_have_text("Not saved yet: move a step, or save this order", use_inner_text=True)
    page.locator("[data-next-button]").click()
    expect(line).to_contain_text("go on once more to leave it unanswered")
    look_at(page)
    page.locator("[data-next-button]").click()
    page.wait_for_url(f"**/items/{asked.position + 1}")
    assert paper_of(live.database, 1)[asked.position - 1].chosen is None


def test_a_number_is_understood_or_marked(live: Live, page: Page, provoked: list[str]) -> None:
    provoked.append("409")
    asked = open_item(live, page, "numeric")
    field, unit = page.get_by_role("textbox"), asked.shown["unit"]
    field.fill("012,50")
    expect(page.locator("#understood")).to_have_text(f"Understood: 12.5 {unit}")
    expect(page.locator("#save")).to_contain_text(f"Understood: 12.5 {unit}")
    field.fill("about twelve")
    expect(page.locator("#understood")).to_be_hidden()
    page.locator("[data-next-button]").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator("#value-error")).to_contain_text("Enter a number such as 12.5 or 12,5.")
    look_at(page)
    field.fill(f"13 {unit}")
    field.blur()
    expect_saved(page)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    assert paper_of(live.database, 1)[asked.position - 1].chosen == "13"


def test_a_bad_number_without_javascript_is_marked_where_it_stands(
    live: Live, open_page: Open, provoked: list[str]
) -> None:
    provoked.append("409")
    page = open_page(PHONE, java_script_enabled=False)
    asked = open_item(live, page, "numeric")
    page.get_by_role("textbox").fill("about twelve")
    page.get_by_role("button", name="Save and go on").click()
    field = page.get_by_role("textbox")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("about twelve")
    expect(field).to_be_focused()
    field.fill("12,5")
    page.get_by_role("button", name="Save and go on").click()
    page.goto(f"/attempts/1/items/{asked.position}")
    expect(page.get_by_text("Understood: 12.5")).to_be_visible()


def test_two_tabs_without_javascript_never_overwrite_each_other(
    live: Live, open_page: Open, provoked: list[str]
) -> None:
    provoked.append("409")
    page = open_page(PHONE, java_script_enabled=False)
    asked = open_item(live, page, "single-choice")
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("radio").nth(0).check()
    page.get_by_role("button", name="Save and go on").click()
    other.get_by_role("radio").nth(1).check()
    other.get_by_role("button", name="Save and go on").click()
    expect(other.get_by_role("alert")).to_contain_text("A newer answer was saved at")
    expect(other.get_by_role("radio").nth(0)).to_be_checked()
    other.get_by_role("radio").nth(1).check()
    other.get_by_role("button", name="Save and go on").click()
    other.wait_for_url(f"**/items/{asked.position + 1}")
    assert paper_of(live.database, 1)[asked.position - 1].revision == 2


def test_the_focus_stands_on_the_stem_after_a_page_load(live: Live, page: Page) -> None:
    open_item(live, page, "single-choice")
    expect_focus_on_heading(page)
    page.reload()
    expect_focus_on_heading(page)
    page.goto("/attempts/1/review")
    expect_focus_on_heading(page)


def test_a_picture_opens_large_and_closes_with_the_keyboard(live: Live, page: Page) -> None:
    attempt_id = start_pictured(live)
    live.signed_in(page, live.world.ann, f"/attempts/{attempt_id}/items/1")
    link = page.get_by_role("link", name="Enlarge picture")
    link.focus()
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog", name="Picture")
    expect(large).to_be_visible()
    expect(large.get_by_role("img")).to_have_attribute("alt", "A tattoo")
    expect(large.get_by_role("button", name="Close")).to_be_focused()
    look_at(page)
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(link).to_be_focused()
    assert len(page.context.pages) == 1


def test_the_list_of_questions_lies_over_the_item_on_a_phone(live: Live, open_page: Open) -> None:
    page = open_page(PHONE)
    open_item(live, page, "single-choice")
    stood = page.locator("#stem").bounding_box()
    page.get_by_text("All questions").click()
    last = page.locator('[data-no="20"]')
    expect(last).to_be_visible()
    assert page.locator("#stem").bounding_box() == stood
    look_at(page)
    page.keyboard.press("Escape")
    expect(last).to_be_hidden()
    expect(page.locator(".rail-list > summary")).to_be_focused()


def test_how_sure_one_is_is_saved_with_the_answer(live: Live, open_page: Open) -> None:
    with live.database.transaction() as session:
        sign_edition(session, live.world, now=clock.now(), certainty=True)
    page = open_page(PHONE)
    asked = open_item(live, page, "single-choice")
    page.locator("label.opt").first.click()
    expect_saved(page)
    page.get_by_role("radio", name="Not sure", exact=True).check()
    expect_saved(page)
    look_at(page)
    page.reload()
    expect(page.get_by_role("radio", name="Not sure", exact=True)).to_be_checked()
    kept = paper_of(live.database, 1)[asked.position - 1]
    assert (kept.revision, kept.certainty) == (2, "not_sure")


def test_leaving_and_copying_are_told_and_nothing_else_is(live: Live, page: Page) -> None:
    open_item(live, page, "single-choice")
    page.reload()
    page.goto("/attempts/1/items/1")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    hide(page, hidden=True)
    hide(page, hidden=False)
    other = page.context.browser.new_page(base_url=live.url)  # type: ignore[union-attr]
    manager = live.signed_in(other, live.world.max, f"/technicians/{live.world.ann.id}/sittings")
    expect(manager.get_by_text("The page was left once, and text was copied once.")).to_be_visible()
    manager.get_by_text("When", exact=True).click()
    expect(manager.get_by_text("question 1: came back after")).to_be_visible()
    look_at(manager)
    manager.close()


def hide(page: Page, *, hidden: bool) -> None:
    """Let the page believe that another one is in front of it, or that it is in front again."""
    with page.expect_response("**/events"):
        page.evaluate(
            """hidden => {
              Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )


def start_pictured(live: Live) -> int:
    """Start an attempt of Ann's, and show a picture with its first item; return the attempt's id."""
    attempt_id = start_mixed(live.database, live.world)
    with live.database.transaction() as session:
        session.execute(sa.text("DROP TRIGGER item_content_no_update"))
        first = session.scalars(
            sa.select(ItemContent)
            .join(PaperItem, PaperItem.item_hash == ItemContent.hash)
            .where(PaperItem.attempt_id == attempt_id, PaperItem.position == 1)
        ).one()
        first.shown = {**first.shown, "media": {"url": "/static/mark.svg", "alt": "A tattoo"}}
    return attempt_id


def open_item(live: Live, page: Page, kind: str) -> Asked:
    """Start an exam with an item of every type as Ann, and open the first one of a type."""
    attempt_id = start_mixed(live.database, live.world)
    asked = next(one for one in paper_of(live.database, attempt_id) if one.shown["type"] == kind)
    live.signed_in(page, live.world.ann, f"/attempts/{attempt_id}/items/{asked.position}")
    return asked


def middle(page: Page, row: int) -> tuple[float, float]:
    """Return the middle of a row's grip."""
    box = page.locator("[data-grip]").nth(row).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, row: int, to: int) -> None:
    """Drag a row by its grip to the place of another one, with a mouse."""
    page.locator("[data-grip]").nth(to).scroll_into_view_if_needed()
    (x, y), (_, end) = middle(page, row), middle(page, to)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, end + 4, steps=12)
    page.mouse.up()


def swipe(page: Page, row: int, to: int) -> None:
    """Drag a row by its grip to the place of another one, with a finger."""
    (x, y), (_, end) = middle(page, row), middle(page, to)
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x, "y": y + (end - 4 - y) * step / 8}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
