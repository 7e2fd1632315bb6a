"""Exams bound to a clinic's network: set by an administrator, asked of who starts and saves, told to who is outside."""

from typing import cast

from werkzeug.middleware.proxy_fix import ProxyFix

from app.db import Database
from tests.factories import World
from tests.web.conftest import Browser
from tests.web.sitting import EXAM, item_url, paper_of, revisions, right

INSIDE, OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}, {"REMOTE_ADDR": "198.51.100.7"}
SENTENCE = "This exam is sat in your clinic&#39;s network"


def test_an_administrator_enters_networks(browser: Browser, world: World) -> None:
    url = f"/clinics/{world.riverside}/networks"
    assert url in browser.sign_in(world.ida).page("/clinics").links
    odd = browser.send(url, networks="203.0.113.0/24\nthe clinic")
    assert (odd.status_code, "the clinic is no network." in odd.text) == (422, True)
    assert browser.send(url, networks="203.0.113.0/24\r\n2001:db8:12::/48").status_code == 303
    assert "203.0.113.0/24, 2001:db8:12::/48" in browser.page("/clinics").text
    assert "You are at 127.0.0.1 now." in browser.page(url).text
    assert browser.get(f"/clinics/{world.harbour}/networks").status_code == 404


def test_who_is_outside_neither_starts_nor_reads_nor_saves(browser: Browser, world: World, database: Database) -> None:
    bind(browser, world)
    browser.sign_in(world.ann)
    assert SENTENCE in browser.get(EXAM, environ_base=OUTSIDE).text
    assert SENTENCE not in browser.get(EXAM, environ_base=INSIDE).text
    token = browser.token()
    form = {"csrf_token": token, "declared": "yes"}
    refused = browser.post(EXAM, data=form, environ_base=OUTSIDE)
    assert (refused.status_code, "198.51.100.7" in refused.text) == (403, True)
    # What a visitor says of itself counts for nothing while no proxy is trusted.
    claims = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    assert browser.post(EXAM, data=form, environ_base=OUTSIDE, headers=claims).status_code == 403
    started = browser.post(EXAM, data=form, environ_base=INSIDE)
    assert started.status_code == 303
    url, asked = item_url(1, 1), paper_of(database, 1)[0]
    for page in (url, "/attempts/1/review"):
        assert (
            browser.get(page, environ_base=OUTSIDE).status_code,
            browser.get(page, environ_base=INSIDE).status_code,
        ) == (403, 200)
    answer = {"csrf_token": token, **right(asked), "revision": "0"}
    for sent in (answer, {**answer, "revision": "odd"}):
        refused = browser.post(url, data=sent, environ_base=OUTSIDE)
        assert (refused.status_code, asked.shown["stem"] in refused.text) == (403, False)
    told = browser.post(url, data=answer, environ_base=OUTSIDE, headers={"X-Fluence": "fragment"})
    assert (told.status_code, "Connect to that network" in told.get_json()["error"]) == (403, True)
    assert revisions(database) == 0
    assert browser.post(url, data=answer, environ_base=INSIDE).status_code == 303
    assert revisions(database) == 1


def test_behind_a_trusted_proxy_its_last_word_counts(browser: Browser, world: World) -> None:
    bind(browser, world)
    application, plain = browser.application, browser.application.wsgi_app
    application.wsgi_app = ProxyFix(plain, x_for=1)  # type: ignore[method-assign]
    try:
        browser.sign_in(world.ann)
        form, proxy = {"csrf_token": browser.token(), "declared": "yes"}, {"REMOTE_ADDR": "10.0.0.1"}
        spoofed = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
        assert browser.post(EXAM, data=form, environ_base=proxy, headers=spoofed).status_code == 403
        real = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        assert browser.post(EXAM, data=form, environ_base=proxy, headers=real).status_code == 303
    finally:
        application.wsgi_app = cast("ProxyFix", plain)  # type: ignore[method-assign]


def bind(browser: Browser, world: World) -> None:
    """Bind Riverside's exams to its network, as Ida."""
    url = f"/clinics/{world.riverside}/networks"
    assert browser.sign_in(world.ida).send(url, networks="203.0.113.0/24").status_code == 303
