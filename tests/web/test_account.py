"""Signing in and out, links that set a password, one's own account; and what ends a sign-in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select

import app
from app import clock
from app.db import Database
from app.people import passwords, queries, service
from app.people.models import Account, SignIn
from app.people.permissions import Role
from app.web import account as pages
from app.web.access import go_to
from tests.databases import Databases, settings_for
from tests.factories import PASSWORD, World
from tests.web.conftest import Browser

NEW_PASSWORD = "amber-lantern-quarry-19"
HOME = "/courses/skin-tightening"
# What browsers make of an address is decided by browsers: these all led somewhere else once.
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/%5Cevil.example\\",
    "/\tevil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "http:evil.example",
    " //evil.example",
    "/ok\u2028//evil.example",
)


def test_somebody_signs_in(browser: Browser, world: World) -> None:
    answer = browser.sign_in_by_form(world.ann)
    assert (answer.status_code, answer.location) == (303, "/")
    page = browser.page("/account")
    assert all(text in page.text for text in ("Ann Berg", "ann@lumen.example", "Lumen Clinics", "Europe/Zurich"))


def test_capitals_and_spaces_in_the_address_do_not_matter(browser: Browser, world: World) -> None:
    answer = browser.send("/sign-in", email=" Ann@Lumen.Example ", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert world.ann.name in browser.page("/account").text


def test_the_page_asked_for_comes_after_signing_in(browser: Browser, world: World) -> None:
    asked = browser.get(f"{HOME}?from=mail")
    assert (asked.status_code, asked.location) == (303, f"/sign-in?next={HOME}?from%3Dmail")
    form = browser.page(asked.location).form("/sign-in")
    answer = browser.post("/sign-in", data={**form.fields, "email": world.ann.email, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, f"{HOME}?from=mail")


def test_a_form_sent_by_a_stranger_is_not_kept_for_later(browser: Browser) -> None:
    answer = browser.send(f"{HOME}/exam", declared="yes")
    assert (answer.status_code, answer.location) == (303, "/sign-in")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_address_leads_elsewhere_after_signing_in(site: Flask, target: str) -> None:
    with site.test_request_context():
        assert go_to(target).location == "/"


def test_the_hidden_field_leads_nowhere_else_either(browser: Browser, world: World) -> None:
    form = {"csrf_token": browser.token(), "email": world.ann.email, "password": PASSWORD, "next": "//evil.example"}
    assert browser.post("/sign-in", data=form).location == "/"


def test_a_wrong_password_and_an_unknown_address_look_the_same(browser: Browser, world: World) -> None:
    told = []
    for email in (world.ann.email, "nobody@lumen.example"):
        answer = browser.send("/sign-in", email=email, password="wrong-horse-battery")
        told.append((answer.status_code, service.WRONG_SIGN_IN in answer.text, "Set-Cookie" in answer.headers))
    assert told == [(422, True, False)] * 2
    assert browser.get("/account").status_code == 303


def test_an_account_without_a_password_cannot_sign_in(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        session.get_one(Account, world.ann.id).password_hash = None
    for password in ("None", PASSWORD):
        assert browser.send("/sign-in", email=world.ann.email, password=password).status_code == 422


def test_a_disabled_account_cannot_sign_in(browser: Browser, world: World) -> None:
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left")
    answer = second(browser).sign_in_by_form(world.ann)
    assert (answer.status_code, service.WRONG_SIGN_IN in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": ""}, "Enter your e-mail address."),
        ({"password": ""}, "Enter your password."),
        ({"email": "x" * 255}, "254 characters"),
        ({"password": "x" * 201}, "200 characters"),
    ],
)
def test_what_is_missing_is_named(browser: Browser, fields: dict[str, str], sentence: str) -> None:
    answer = browser.send("/sign-in", **{"email": "ann@lumen.example", "password": PASSWORD, **fields})
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_too_many_tries_wait(browser: Browser, world: World) -> None:
    guess(browser, world.ann.email, times=9)
    assert browser.sign_in_by_form(world.ann, password="wrong-horse-battery").status_code == 422
    answer = browser.sign_in_by_form(world.ann)
    assert (answer.status_code, "Wait five minutes" in answer.text) == (429, True)
    spoofed = {"csrf_token": browser.token(), "email": f" {world.ann.email.upper()}", "password": PASSWORD}
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        assert browser.post("/sign-in", data=spoofed, headers={header: "198.51.100.7"}).status_code == 429


def test_a_guesser_locks_nobody_out_elsewhere(browser: Browser, world: World) -> None:
    guess(browser, world.ann.email, times=10)
    form = {"csrf_token": browser.token(), "email": world.ann.email, "password": PASSWORD}
    assert browser.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 303


def test_one_address_does_not_try_everybody(browser: Browser, world: World) -> None:
    limits = browser.application.extensions["fluence.limits"]
    for _ in range(200):
        limits.too_many(pages.PER_ADDRESS, "sign-in", "127.0.0.1")
    assert browser.sign_in_by_form(world.ann).status_code == 429


def test_behind_a_proxy_the_nearest_address_counts(proxied: Browser, world: World) -> None:
    guess(proxied, world.ann.email, times=10, address="198.51.100.7")
    form = {"csrf_token": proxied.token(), "email": world.ann.email, "password": PASSWORD}
    for forwarded in ("198.51.100.7", "203.0.113.9, 198.51.100.7"):
        assert proxied.post("/sign-in", data=form, headers={"X-Forwarded-For": forwarded}).status_code == 429
    assert proxied.post("/sign-in", data=form, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 303


def test_signing_in_begins_a_new_session(browser: Browser, world: World) -> None:
    before = browser.token()
    with browser.session_transaction() as cookie:
        cookie["left_behind"] = "by somebody else"
        kept = cookie["csrf_token"]
    browser.post("/sign-in", data={"csrf_token": before, "email": world.ann.email, "password": PASSWORD})
    with browser.session_transaction() as cookie:
        assert "left_behind" not in cookie
        assert cookie.get("csrf_token") != kept
        assert len(cookie["_user_id"]) >= 43


def test_the_cookie_is_out_of_reach(browser: Browser, world: World) -> None:
    flags = cookie_flags(browser.sign_in_by_form(world.ann).headers["Set-Cookie"])
    assert flags == {"fluence", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_over_tls_the_cookie_travels_over_tls_only(safe_browser: Browser, world: World) -> None:
    answer = safe_browser.sign_in_by_form(world.ann)
    assert cookie_flags(answer.headers["Set-Cookie"]) == {
        "__Host-fluence",
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    }
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert world.ann.name in safe_browser.page("/account").text


def test_signing_out_ends_the_sign_in_for_good(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    stolen = browser.get_cookie("fluence")
    assert stolen
    answer = browser.send("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    browser.set_cookie("fluence", stolen.value)
    assert browser.get("/account").location == "/sign-in?next=/account"


def test_signing_out_here_leaves_other_browsers_alone(browser: Browser, world: World) -> None:
    other = second(browser).sign_in(world.ann)
    browser.sign_in(world.ann).send("/sign-out")
    assert other.get("/account").status_code == 200


def test_signing_out_everywhere_ends_every_sign_in(browser: Browser, world: World) -> None:
    other, somebody = second(browser).sign_in(world.ann), second(browser).sign_in(world.max)
    answer = browser.sign_in(world.ann).send("/account/sign-out-everywhere")
    assert "You are signed out in every browser." in browser.get(answer.location).text
    assert [each.get("/account").status_code for each in (browser, other, somebody)] == [303, 303, 200]


def test_disabling_an_account_ends_its_sign_ins_at_once(browser: Browser, world: World) -> None:
    ann = second(browser).sign_in(world.ann)
    assert ann.get("/").status_code == 200
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left")
    assert ann.get("/").location == "/sign-in"
    browser.send(f"/people/{world.ann.id}/enable")
    assert ann.get("/").location == "/sign-in"


def test_a_sign_in_runs_out(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    with database.transaction() as session:
        for one in session.scalars(select(SignIn).where(SignIn.account_id == world.ann.id)):
            one.expires_at = clock.now()
    assert browser.get("/").location == "/sign-in"


def test_who_was_signed_out_is_told_why_and_who_signs_out_is_not(
    browser: Browser, world: World, database: Database
) -> None:
    browser.sign_in(world.ann)
    with database.transaction() as session:
        service.sign_out_everywhere(session, actor=world.ann.actor, now=clock.now())
    page = browser.get(browser.get("/account").location).text
    assert "You were signed out: after some time without use" in page
    assert "You were signed out" not in browser.get(browser.get("/account").location).text
    browser.sign_in(world.ann).send("/sign-out")
    assert "You were signed out" not in browser.get(browser.get("/account").location).text


def test_an_address_is_typed_with_the_right_keys(browser: Browser, world: World) -> None:
    for page in (browser.get("/sign-in").text, browser.sign_in(world.ida).get("/people/invite").text):
        (field,) = re.findall(r'<input[^>]*name="email"[^>]*>', page)
        assert all(one in field for one in ('inputmode="email"', 'autocapitalize="none"', "autocomplete="))


def test_a_role_that_was_ended_is_gone_at_once(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.max)
    assert browser.get("/people").status_code == 200
    with database.transaction() as session:
        roles = queries.member(session, world.organisation_id, world.max.id, None).roles
        grant = next(grant for grant, role, _, _ in roles if role is Role.MANAGER)
        service.end_role(session, actor=world.ida.actor, account_id=world.max.id, grant_id=grant, now=clock.now())
    assert browser.get("/people").status_code == 404
    assert "No role yet" in browser.page("/account").text


@pytest.mark.parametrize("value", ["x", "", ".eJw.x.y", "\u00e9"])
def test_a_cookie_of_ones_own_making_is_nobodys(browser: Browser, value: str) -> None:
    browser.set_cookie("fluence", value)
    assert browser.get("/account").status_code == 303


def test_an_invitation_sets_a_password_once(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        _, token = service.invite(
            session,
            actor=world.ida.actor,
            email="nora@lumen.example",
            name="Nora Weiss",
            roles=[(Role.TECHNICIAN, world.riverside)],
            now=clock.now(),
        )
    page = browser.page(f"/links/{token}")
    assert page.h1 == ["Welcome, Nora Weiss"]
    answer = browser.post(f"/links/{token}", data={**page.form("").fields, "password": NEW_PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert "Your password is set. Sign in with it." in browser.get("/sign-in").text
    assert browser.get("/account").status_code == 303
    used_up(browser, token)
    assert browser.send("/sign-in", email="nora@lumen.example", password=NEW_PASSWORD).status_code == 303


def test_a_reset_link_ends_every_sign_in(browser: Browser, world: World, database: Database) -> None:
    ann = second(browser).sign_in(world.ann)
    token = reset_link(database, world)
    assert browser.page(f"/links/{token}").h1 == ["Set a new password"]
    browser.send(f"/links/{token}", password=NEW_PASSWORD)
    assert ann.get("/").status_code == 303
    assert browser.sign_in_by_form(world.ann).status_code == 422
    used_up(browser, token)


def test_a_newer_link_ends_the_older_one(browser: Browser, world: World, database: Database) -> None:
    older, newer = reset_link(database, world), reset_link(database, world)
    used_up(browser, older)
    assert browser.get(f"/links/{newer}").status_code == 200


def test_a_link_runs_out(browser: Browser, world: World, database: Database) -> None:
    used_up(browser, reset_link(database, world, hours_ago=24))


def test_disabling_ends_a_link(browser: Browser, world: World, database: Database) -> None:
    token = reset_link(database, world)
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left")
    used_up(browser, token)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "Choose a password."),
        ("short", "at least 12 characters"),
        ("x" * 201, "200 characters"),
        ("aaaaaaaaaaaaaaa", "easy to guess"),
        ("passwordpassword", "easy to guess"),
        ("Ann Berg Berg", "easy to guess"),
    ],
)
def test_a_weak_password_leaves_the_link_whole(
    browser: Browser, world: World, database: Database, password: str, sentence: str
) -> None:
    token = reset_link(database, world)
    answer = browser.send(f"/links/{token}", password=password)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert browser.get(f"/links/{token}").status_code == 200


@pytest.fixture
def safe_browser(databases: Databases, world: World, tmp_path: Path) -> Iterator[Browser]:
    """A browser of a site that is served over TLS."""
    assert world.people
    with browser_with(databases, tmp_path, FLUENCE_BASE_URL="https://training.example") as browser:
        browser.environ_base["HTTP_HOST"] = "training.example"
        browser.environ_base["wsgi.url_scheme"] = "https"
        yield browser


@pytest.fixture
def proxied(databases: Databases, world: World, tmp_path: Path) -> Iterator[Browser]:
    """A browser of a site behind one proxy."""
    assert world.people
    with browser_with(databases, tmp_path, FLUENCE_TRUSTED_PROXIES="1") as browser:
        yield browser


@contextmanager
def browser_with(databases: Databases, folder: Path, **settings: str) -> Iterator[Browser]:
    """Open a browser of a site with settings of its own."""
    with databases.copy("sqlite", "world") as url:
        site = app.create_app(settings_for(url, folder, **settings))
        site.test_client_class = Browser
        yield cast("Browser", site.test_client())
        site.extensions["fluence.database"].engine.dispose()


def second(browser: Browser) -> Browser:
    """Return another browser at the same site."""
    return cast("Browser", browser.application.test_client())


def guess(browser: Browser, email: str, *, times: int, address: str = "127.0.0.1") -> None:
    """Count wrong tries from an address, without waiting for a hash each time."""
    limits = browser.application.extensions["fluence.limits"]
    for _ in range(times):
        known = passwords.token_hash(email)[:32]
        limits.too_many(pages.PER_ACCOUNT_AND_ADDRESS, "sign-in", known, address)


def reset_link(database: Database, world: World, *, hours_ago: float = 0) -> str:
    """Make a link for Ann and return its token."""
    then = clock.now() - timedelta(hours=hours_ago)
    with database.transaction() as session:
        return service.make_reset_link(session, actor=world.max.actor, account_id=world.ann.id, now=then)[1]


def used_up(browser: Browser, token: str) -> None:
    """Make sure that a link leads nowhere any more, read or sent."""
    assert browser.get(f"/links/{token}").status_code == 404
    assert browser.send(f"/links/{token}", password=NEW_PASSWORD).status_code == 404


def cookie_flags(header: str) -> set[str]:
    """Return a cookie's name and its flags."""
    name, *flags = (part.strip() for part in header.split(";"))
    return {name.split("=", maxsplit=1)[0], *flags}
