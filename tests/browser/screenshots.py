"""`python -m tests.browser.screenshots`: the README's pictures, taken of the demo in a real browser."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import app
from app import clock
from app.cli.demo import rendered
from app.cli.demo_cast import TIGHTENING, ZONE
from app.cli.demo_story import Story, tell
from app.db import Database, upgrade
from app.exams import queries
from tests.browser.answering import answer, expect_saved
from tests.browser.browsing import PHONE, launch, listen, serve, sign_in_by_form
from tests.databases import settings_for

PICTURES = Path(__file__).resolve().parent / "pictures"


def main() -> None:
    """Make a demo of its own, and take the pictures of its board and of an exam."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fluence-pictures-") as folder, listen() as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = settings_for(f"sqlite:///{folder}/fluence.db", Path(folder), FLUENCE_BASE_URL=address)
        upgrade(settings.database_url)
        database = Database(settings.database_url)
        with database.transaction() as session:
            story = tell(session, rendered(print), clock.now(), print, Path(folder) / "evidence")
        with serve(app.create_app(settings), taken), sync_playwright() as playwright:
            browser = launch(playwright)
            board(as_person(browser, address, story, "max", size=(1280, 800), scale=1))
            exam(as_person(browser, address, story, "ann", size=PHONE, scale=2), database)
            browser.close()


def as_person(browser: Browser, address: str, story: Story, key: str, *, size: tuple[int, int], scale: int) -> Page:
    """Open a browser of one of the demo's people, signed in; `scale` pixels are drawn for each of CSS."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=scale,
        color_scheme="light",
        timezone_id=ZONE,
    )
    email, _, password = story.passwords[key]
    return sign_in_by_form(context.new_page(), email, password)


def board(page: Page) -> None:
    """Take the manager's status board."""
    page.goto("/board")
    page.screenshot(path=PICTURES / "board.png")


def exam(page: Page, database: Database) -> None:
    """Take an item of a running exam, rightly answered and saved, on a phone."""
    page.goto(f"/courses/{TIGHTENING}/exam")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/items/1")
    attempt_id = int(page.url.split("/")[4])
    with database.session() as session:
        asked = next(one for one in queries.paper(session, attempt_id) if one.shown["type"] == "single-choice")
    page.goto(f"/attempts/{attempt_id}/items/{asked.position}")
    answer(page, asked)
    expect_saved(page)
    page.screenshot(path=PICTURES / "exam.png")


if __name__ == "__main__":
    main()
