"""The refresher in a real browser: a day on a phone, more with moved steps, and all of it without JavaScript."""

from playwright.sync_api import Page, expect

from app import clock
from app.exams import memory, refresher
from app.releases.models import ItemContent
from tests.browser.answering import shown_order
from tests.browser.browsing import PHONE, fits_every_screen, look_at
from tests.browser.conftest import Live, Open
from tests.factories import COURSE, ZONE

MOST = 150


def test_a_day_on_a_phone(live: Live, open_page: Open) -> None:
    page = live.signed_in(open_page(PHONE), live.world.ann)
    page.get_by_role("link", name="Open your refresher").click()
    expect(page.get_by_role("heading", level=2, name="10 questions for today")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="Start").click()
    for number in range(1, memory.DAILY + 1):
        expect(page.get_by_text(f"Question {number} today")).to_be_visible()
        if number == 1:
            look_at(page)
        give(page)
        page.get_by_role("button", name="Check my answer").click()
        expect(page.get_by_role("heading", name="The fact behind it")).to_be_visible()
        if number == 1:
            look_at(page)
        page.get_by_role("button", name="Next question").click()
    expect(page.get_by_role("heading", name="That is it for today")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="of 127 facts asked").click()
    look_at(page)


def test_steps_move_in_place_with_the_keyboard(live: Live, open_page: Open) -> None:
    page = live.signed_in(open_page(), live.world.ann, None)
    until(page, live, "ordering")
    look_at(page)
    first, second, *others = shown_order(page)
    page.locator(f'button[name="down"][value="{first}"]').focus()
    page.keyboard.press("Enter")
    assert shown_order(page) == [second, first, *others]
    expect(page.locator("#live")).to_contain_text("place 2 of")
    page.locator(f'button[name="up"][value="{first}"]').press("Enter")
    assert shown_order(page) == [first, second, *others]
    # At the top it can only go down: the focus is there, not lost.
    expect(page.locator(f'button[name="down"][value="{first}"]')).to_be_focused()
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text("Your answer")).to_be_visible()
    look_at(page)


def test_every_type_without_javascript(live: Live, open_page: Open) -> None:
    page = live.signed_in(open_page(PHONE, java_script_enabled=False), live.world.ann, None)
    for kind in ("ordering", "multiple-choice", "single-choice"):
        until(page, live, kind)
        fits_every_screen(page)
        if kind == "ordering":
            first, second, *others = shown_order(page)
            page.locator(f'button[name="up"][value="{second}"]').click()
            assert shown_order(page) == [second, first, *others]
        else:
            give(page)
        page.get_by_role("button", name="Check my answer").click()
        expect(page.get_by_text("Your answer")).to_be_visible()
        expect(page.get_by_text("You did not know.")).to_have_count(0)
        fits_every_screen(page)


def give(page: Page) -> None:
    """Give the first answer; steps stay as they are."""
    boxes = page.locator("form[data-item] :is(input[type=radio], input[type=checkbox])")
    if boxes.count():
        boxes.first.check()


def until(page: Page, live: Live, kind: str) -> None:
    """Let Ann know nothing until a question is of a type, and show it."""
    ann = live.world.ann.actor
    found = 0
    with live.database.transaction() as session:
        for _ in range(MOST):
            item = refresher.ask(session, actor=ann, course_id=COURSE, zone=ZONE, now=clock.now())
            assert item is not None
            found = item.id
            if session.get_one(ItemContent, item.item_hash).shown["type"] == kind:
                break
            form = {"unknown": ["yes"]}
            refresher.respond(session, actor=ann, item_id=item.id, form=form, zone=ZONE, now=clock.now())
        else:
            raise AssertionError(kind)
    page.goto(f"/refresher/items/{found}")
