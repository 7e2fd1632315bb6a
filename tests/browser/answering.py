"""Answering the items of an exam in a browser: with the pointer as on a phone, or with the keyboard alone."""

from collections.abc import Mapping

from playwright.sync_api import Page, expect

from app.cli.demo_story import form_for
from app.exams.queries import Asked


def answer(page: Page, asked: Asked, *, right: bool = True) -> int:
    """Answer the item on the page; return how many changes that took (each is saved)."""
    form = form_for(asked.shown, asked.keyed["key"], right=right)
    match asked.shown["type"]:
        case "single-choice" | "multiple-choice":
            return choose(page, form["choice"])
        case "numeric":
            page.get_by_role("textbox").fill(form["value"][0])
            page.get_by_role("textbox").blur()
            return 1
        case "ordering":
            return put_in_order(page, form["order"])
        case _:
            return match(page, form)


def choose(page: Page, options: list[str]) -> int:
    """Choose the options by touching their text."""
    for option in options:
        page.locator("label.opt").filter(has=page.locator(f'[value="{option}"]')).click()
    return len(options)


def put_in_order(page: Page, order: list[str]) -> int:
    """Move the steps up until they stand in the order, or keep an order that is right already."""
    moves = 0
    for place, step in enumerate(order):
        while shown_order(page).index(step) > place:
            page.locator(f'button[name="up"][value="{step}"]').click()
            moves += 1
    if not moves:
        page.get_by_role("button", name="Save this order").click()
    return moves or 1


def shown_order(page: Page) -> list[str]:
    """Return the steps in the order in which they stand on the page."""
    values: list[str] = page.locator('[name="order"]').evaluate_all("fields => fields.map(field => field.value)")
    return values


def match(page: Page, form: Mapping[str, list[str]]) -> int:
    """Choose a partner for each."""
    for name, (value,) in form.items():
        page.locator(f'select[name="{name}"]').select_option(value)
    return len(form)


def expect_saved(page: Page) -> None:
    """Wait until the page says that the answer is saved."""
    expect(page.locator("#save")).to_have_attribute("data-state", "saved")
    expect(page.locator("#save")).to_contain_text("Saved at")


def expect_focus_on_heading(page: Page) -> None:
    """Make sure that the focus is on the page's heading, where a screen reader goes on reading."""
    expect(page.locator("h1")).to_be_focused()
