"""The exam with the keyboard alone: every stop can be seen, and the focus goes where the reading goes on."""

from playwright.sync_api import Page, expect

from app import clock
from tests.browser.answering import expect_focus_on_heading, expect_saved
from tests.browser.conftest import Live
from tests.factories import PASSWORD, read_lessons

MOST_STOPS = 60
FOCUSED = """() => {
  const element = document.activeElement;
  // A choice draws its focus on the label around it, a chip on the text beside it.
  const drawn = [element, element.closest("label"), element.nextElementSibling].filter(Boolean).map(getComputedStyle);
  return {
    name: (element.labels?.[0] ?? element).innerText.trim().split("\\n")[0],
    kind: element.type || element.tagName.toLowerCase(),
    seen: drawn.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    inside: element.getBoundingClientRect().right > 0 && element.getBoundingClientRect().bottom > 0,
  };
}"""


def test_an_exam_is_sat_with_the_keyboard(live: Live, page: Page) -> None:
    with live.database.transaction() as session:
        read_lessons(session, live.world.ann.actor, now=clock.now())
    sign_in(page, live)
    press_on(page, "Go to the exam")
    page.wait_for_url("**/exam")
    go_to(page, kind="checkbox")
    page.keyboard.press("Space")
    press_on(page, "Start the exam")
    page.wait_for_url("**/items/1")
    here = find_single_choice(page)
    choose_with_arrows(page)
    page.keyboard.press("Enter")  # in a choice: goes on, and flags nothing
    page.wait_for_url(f"**/items/{here + 1}")
    expect(page.locator("[data-flags]")).to_be_hidden()
    expect_focus_on_heading(page)
    press_on(page, "Previous")
    page.wait_for_url(f"**/items/{here}")
    expect(page.locator("#save")).to_contain_text("Saved at")
    press_on(page, "Review and submit")
    page.wait_for_url("**/review")
    expect(page.get_by_text("1 of 20 questions answered.")).to_be_visible()
    press_on(page, "Submit the exam")
    page.wait_for_url("**/submit")
    expect_focus_on_heading(page)
    press_on(page, "Submit the exam")
    page.wait_for_url("**/result")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not passed")


def sign_in(page: Page, live: Live) -> None:
    """Skip the header, fill in the form, and send it with Enter."""
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    go_to(page, "E-mail address")
    page.keyboard.type(live.world.ann.email)
    go_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ann")


def find_single_choice(page: Page) -> int:
    """Go on to the first item with one answer; return its number."""
    here = 1
    while page.locator("form[data-item]").get_attribute("data-item") != "single-choice":
        press_on(page, "Next question")
        here += 1
        page.wait_for_url(f"**/items/{here}")
    return here


def go_to(page: Page, name: str = "", *, kind: str = "") -> None:
    """Press Tab until the element with the name, or of the kind, has the focus; every stop on the way can be seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        assert stop["kind"] == "body" or (stop["seen"] and stop["inside"]), stop
        if (name and stop["name"] == name) or (kind and stop["kind"] == kind):
            return
    raise AssertionError(f"Tab does not reach {name or kind}")


def press_on(page: Page, name: str) -> None:
    """Go to a link or button, and press Enter."""
    go_to(page, name)
    page.keyboard.press("Enter")


def choose_with_arrows(page: Page) -> None:
    """Choose the first answer with Space, and the second with an arrow key; both are saved."""
    go_to(page, kind="radio")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio").nth(0)).to_be_checked()
    expect_saved(page)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    expect_saved(page)
