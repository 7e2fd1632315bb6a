"""What journeys do again and again: sign in, and look at a page as axe-core and a narrow screen do."""

import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Condition, Thread
from typing import TYPE_CHECKING

from flask import Flask
from playwright.sync_api import Browser, Page, Playwright
from werkzeug.serving import make_server

from tests.factories import PASSWORD

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The same engine twice; the one that was built to have no screen needs two thirds of the other's time.
CHROMIUM = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
MISSING = (
    "Chromium is missing, and the journeys run in a real browser. "
    "Install it (on Debian 12: apt-get install chromium-headless-shell), or run `make test` as root."
)
# No sandbox: Chromium refuses one to root; the rest is what a machine without screen and shared memory needs.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
DESKTOP, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
# Only the faults come back, in words: the whole of what axe found is large, and is read slowly.
FAULTS = """async rules => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return found.violations.flatMap(({id, impact, nodes}) =>
    nodes.map(node => `${id} (${impact}): ${node.html} ${node.failureSummary}`));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium, headless."""
    found = next((path for path in CHROMIUM if path.exists()), None)
    assert found, MISSING
    return playwright.chromium.launch(executable_path=found, args=FLAGS)


def listen() -> socket.socket:
    """Take a free port of this machine, so that a site can be told its address before it is made."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


class Counted:
    """A site that knows how many of its requests are still being answered."""

    def __init__(self, site: Flask) -> None:
        self._site, self._open, self._changed = site, 0, Condition()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        self._count(1)
        try:
            return self._site(environ, start)
        finally:
            self._count(-1)

    def wait_until_calm(self) -> None:
        """Wait until the last request is answered: what a page sends as it closes comes late."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, timeout=15)

    def _count(self, more: int) -> None:
        with self._changed:
            self._open += more
            self._changed.notify_all()


@contextmanager
def serve(site: "WSGIApplication", taken: socket.socket) -> Iterator[None]:
    """Serve a site on a port that `listen` took, in threads of this process."""
    port = taken.getsockname()[1]
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    running = make_server("127.0.0.1", port, site, threaded=True, fd=taken.fileno())
    thread = Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield
    running.shutdown()
    thread.join()
    running.server_close()


def sign_in_by_form(page: Page, email: str, password: str = PASSWORD) -> Page:
    """Sign in as a person does; the page then shows where that person starts."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    return page


def look_at(page: Page, *, colours: bool = True) -> None:
    """Fail where axe-core finds fault with the page as it stands, on a desktop and a phone, and there in dark too,
    or where it is wider than a screen, down to 320 px; `colours` False looks at the light page only.
    """
    kept = page.viewport_size
    # Evaluated, not added as a script tag: the content security policy would refuse the tag. Nothing is given back:
    # what an evaluation returns is read in full, and axe itself is large.
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"(() => {{ {axe_source()} }})()")
    for size in (DESKTOP, PHONE):
        _resize(page, size)
        assert_accessible(page, {"type": "tag", "values": RULES})
        if colours and size == PHONE:
            # Only the colours differ, and they are the same on every screen: they are looked at once more, once.
            page.emulate_media(color_scheme="dark")
            assert_accessible(page, {"type": "rule", "values": ["color-contrast", "link-in-text-block"]})
            page.emulate_media(color_scheme="light")
    _resize(page, NARROW)
    if kept:
        page.set_viewport_size(kept)


def fits_every_screen(page: Page) -> None:
    """Fail where the page is wider than a screen; axe-core cannot look at a page without JavaScript."""
    kept = page.viewport_size
    for size in (DESKTOP, PHONE, NARROW):
        _resize(page, size)
    if kept:
        page.set_viewport_size(kept)


def _resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0], f"{page.url} is {wide} px wide on a screen of {size[0]} px"


def assert_accessible(page: Page, rules: object) -> None:
    """Fail where axe-core, which is in the page already, finds fault with it."""
    faults = page.evaluate(FAULTS, rules)
    assert faults == [], f"{page.url}, {page.viewport_size}\n" + "\n".join(faults)


@cache
def axe_source() -> str:
    """Return axe-core, as vendored."""
    return AXE.read_text(encoding="utf-8")
