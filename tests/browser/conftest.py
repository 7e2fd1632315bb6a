"""A real Chromium over a served site with the people of the house in it; a browser's complaint fails the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

import app
from app.db import Database
from tests.browser.browsing import DESKTOP, launch, listen, serve
from tests.databases import Databases, settings_for
from tests.factories import World, make_world

Open = Callable[..., Page]
PATIENCE = 15_000  # ms; the machine may be busy, a page that waits longer is broken
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Live:
    """A served site: where it is, the database under it, and who is in it."""

    url: str
    database: Database
    world: World


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def live(databases: Databases, tmp_path: Path) -> Iterator[Live]:
    """A site of the test's own, over a copy of the same small world."""
    world = databases.template("sqlite", "world", make_world)
    with databases.copy("sqlite", "world") as url, listen() as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        site = app.create_app(settings_for(url, tmp_path, FLUENCE_BASE_URL=address))
        with serve(site, taken):
            yield Live(address, site.extensions["fluence.database"], world)
        site.extensions["fluence.database"].engine.dispose()


@pytest.fixture
def provoked() -> list[str]:
    """What the browser is made to complain of, in words of its own; any other complaint fails the test."""
    return []


@pytest.fixture
def open_page(chromium: Browser, live: Live, provoked: list[str]) -> Iterator[Open]:
    """Give a function that opens a browser of its own: `open_page(size=PHONE, color_scheme="dark")`."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    with ExitStack() as stack:

        def open_one(size: tuple[int, int] = DESKTOP, **options: object) -> Page:
            context = chromium.new_context(
                base_url=live.url,
                viewport={"width": size[0], "height": size[1]},
                timezone_id="Europe/Zurich",
                reduced_motion="reduce",
                **options,  # type: ignore[arg-type]  # Playwright's own options, passed on by name
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.on("console", heard)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            return page

        yield open_one
    unforeseen = [one for one in complaints if not any(words in one for words in provoked)]
    assert unforeseen == [], "the browser complained"


@pytest.fixture
def page(open_page: Open) -> Page:
    """One page of a desktop browser, signed in as nobody."""
    return open_page()
