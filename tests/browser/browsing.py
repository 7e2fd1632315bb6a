"""What journeys do again and again: sign in, and look at a page as axe-core and a narrow screen do."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Thread

from flask import Flask
from playwright.sync_api import Browser, Page, Playwright
from werkzeug.serving import make_server

from tests.factories import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
MISSING = (
    "Chromium is missing, and the journeys run in a real browser. "
    "Install it (on Debian 12: apt-get install chromium), or run `make test` as root."
)
# No sandbox: Chromium refuses one to root; the rest is what a machine without screen and shared memory needs.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
DESKTOP, PHONE = (1280, 900), (390, 844)
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium, headless."""
    assert CHROMIUM.exists(), MISSING
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def listen() -> socket.socket:
    """Take a free port of this machine, so that a site can be told its address before it is made."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


@contextmanager
def serve(site: Flask, taken: socket.socket) -> Iterator[None]:
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


def signed_in(page: Page, email: str, password: str = PASSWORD) -> Page:
    """Sign in as a person does; the page then shows where that person starts."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    return page


def assert_accessible(page: Page) -> None:
    """Fail where axe-core finds fault with the page as it stands, or where it is wider than the screen."""
    # Evaluated, not added as a script tag: the content security policy would refuse the tag.
    page.evaluate(axe_source())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    faults = [
        f"{fault['id']} ({fault['impact']}): {node['html']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
    assert faults == [], f"{page.url}\n" + "\n".join(faults)
    assert page.viewport_size
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"], f"{page.url} is {wide} px wide"


@cache
def axe_source() -> str:
    """Return axe-core, as vendored."""
    return AXE.read_text(encoding="utf-8")
