"""A real Chromium over a served site with the people of the house in it; a browser's complaint fails the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

import app
from app import clock
from app.db import Database
from app.people import service as people
from app.people.limits import Limits
from tests.browser.browsing import DESKTOP, Counted, launch, listen, serve
from tests.databases import Databases, settings_for
from tests.factories import Person, World, make_world

Make = Callable[[Database], World]
Open = Callable[..., Page]
PATIENCE = 15_000  # ms; the machine may be busy, a page that waits longer is broken
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Live:
    """A served site: where it is, the database under it, and who is in it."""

    url: str
    site: Flask
    database: Database
    world: World

    def signed_in(self, page: Page, person: Person, at: str | None = "/") -> Page:
        """Become somebody, as after their password was right, and open a page; the form has journeys of its own."""
        with self.database.transaction() as session:
            token = people.begin_sign_in(session, account_id=person.id, now=clock.now())
        cookies = SecureCookieSessionInterface().get_signing_serializer(self.site)
        assert cookies is not None
        kept = {"name": "fluence", "value": str(cookies.dumps({"_user_id": token})), "url": self.url}
        page.context.add_cookies([kept])  # type: ignore[list-item]  # a TypedDict of Playwright's, by its keys
        if at:
            page.goto(at)
        return page


@dataclass(frozen=True)
class Served:
    """The site, and where it is served."""

    url: str
    site: Flask
    counted: Counted


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site, served once: its templates are compiled once too."""
    with databases.copy("sqlite") as url, listen() as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        site = app.create_app(settings_for(url, tmp_path_factory.mktemp("site"), FLUENCE_BASE_URL=address))
        site.extensions["fluence.database"].engine.dispose()
        counted = Counted(site)
        with serve(counted, taken):
            yield Served(address, site, counted)


@pytest.fixture
def make() -> Make:
    """What fills the site; a test that needs another world says so."""
    return make_world


@pytest.fixture
def live(databases: Databases, served: Served, make: Make) -> Iterator[Live]:
    """The site over a copy of a small world that is the test's own."""
    name = make.__name__.removeprefix("make_")
    world = databases.template("sqlite", name, make)
    with databases.opened("sqlite", name) as database:
        served.site.extensions["fluence.database"] = database
        served.site.extensions["fluence.limits"] = Limits(database.engine)
        yield Live(served.url, served.site, database, world)
        served.counted.wait_until_calm()


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
