"""Checking a certificate: each state a different answer, no more than the certificate says, and not too often."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from flask import Flask

import app
from app import clock
from app.certification import queries
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.clock import day_in
from app.db import Database
from app.people.models import Organisation
from app.web.verify import PER_ADDRESS
from app.web.words import day
from tests.databases import Databases, settings_for
from tests.factories import ZONE, World, certify
from tests.web.conftest import Browser, old_world
from tests.web.page import Page
from tests.web.sitting import passed

NOBODYS = "0000-0000-0000-00000"
REASON = "Two hot spots in one week."


@old_world
@pytest.mark.parametrize(
    ("days_ago", "heading", "sentence"),
    [
        (2, "Current", "Ann Berg holds this certification today."),
        (350, "Current", "Ann Berg holds this certification today."),
        (370, "Grace", "Ann Berg may treat under it only with a second person's sign-off."),
        (400, "Expired", "The certification has ended and was not renewed."),
    ],
)
def test_the_answer_is_as_of_today(
    browser: Browser, world: World, database: Database, days_ago: int, heading: str, sentence: str
) -> None:
    page = browser.page(f"/verify/{certified(database, world, days_ago=days_ago)[1]}")
    assert page.h1 == [heading]
    assert sentence in page.text


@pytest.mark.parametrize(
    ("kind", "heading", "sentence"),
    [
        (EventKind.SUSPENDED, "Suspended", "The certification is on hold; nothing may be done under it."),
        (EventKind.REVOKED, "Revoked", "The certification was withdrawn for good."),
        (EventKind.SUPERSEDED, "Superseded", "Another certification has taken its place."),
    ],
)
def test_what_was_decided_since_is_told(
    browser: Browser, world: World, database: Database, kind: EventKind, heading: str, sentence: str
) -> None:
    certification_id, number = certified(database, world)
    change(database, world, certification_id, kind)
    page = browser.page(f"/verify/{number}")
    assert page.h1 == [heading]
    assert sentence in page.text
    assert "Scope, not in force" in page.text
    assert REASON not in page.text


def test_a_reinstated_certification_is_active(browser: Browser, world: World, database: Database) -> None:
    certification_id, number = certified(database, world)
    change(database, world, certification_id, EventKind.SUSPENDED)
    change(database, world, certification_id, EventKind.REINSTATED)
    assert browser.page(f"/verify/{number}").h1 == ["Current"]


def test_an_unknown_number_is_told_from_a_typing_error(browser: Browser, world: World, database: Database) -> None:
    number = certified(database, world)[1]
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert browser.page(f"/verify/{NOBODYS}", status=404).h1 == ["Unknown"]
    for typed in (wrong, number[:-1], f"{number}0", "hello", "%20", "é" * 17, "x" * 500, "%F0%9F%98%80"):
        assert browser.page(f"/verify/{typed}", status=404).h1 == ["Typing error"], typed


def test_a_number_is_read_as_people_type_it(browser: Browser, world: World, database: Database) -> None:
    number = certified(database, world)[1]
    for typed in (number.lower(), number.replace("-", ""), number.replace("-", " "), number.replace("0", "O")):
        answer = browser.get("/verify", query_string={"number": f" {typed} "})
        assert answer.status_code == 303
        assert browser.page(answer.location).h1 == ["Current"]


def test_the_form_asks_for_a_number(browser: Browser) -> None:
    page = browser.page("/verify")
    assert page.h1 == ["Check a certificate"]
    assert page.form("/verify").fields == {"number": [""]}
    assert all(word in page.text for word in ("Current", "Grace", "Expired", "Suspended", "Revoked", "Superseded"))


def test_the_answer_says_what_the_certificate_says_and_no_more(
    browser: Browser, world: World, database: Database
) -> None:
    certification_id, number = certified(database, world)
    answer = browser.get(f"/verify/{number}")
    page = Page(answer.text)
    assert all(
        text in page.text
        for text in (
            number,
            "Ann Berg",
            "Non-ablative skin tightening, 1064 nm",
            "Edition 2026.1",
            "Lumen Clinics",
            "Certified",
            "Valid to",
            "Grace to",
            "it is not a licence and replaces none",
        )
    )
    hidden = (
        world.ann.email,
        "Riverside",
        "Eva Lund",
        "Mira",
        "Max Keller",
        "100%",
        "/attempts/",
        f"/{certification_id}",
    )
    assert [text for text in hidden if text in answer.text] == []
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in answer.text
    assert 'name="robots" content="noindex"' in answer.text


@old_world
def test_renewed_early_it_is_valid_to_the_end_of_the_next_period(
    browser: Browser, world: World, database: Database
) -> None:
    now = clock.now()
    with database.transaction() as session:
        held = certify(session, world, world.ann, now=now - timedelta(days=350))
    first = browser.page(f"/verify/{held.number}").text
    passed(database, world.ann.actor, days_ago=1)
    again = browser.page(f"/verify/{held.number}").text
    with database.session() as session:
        state = queries.get_held(session, held.id, world.organisation_id).on(day_in(ZONE, now), now)
    assert state.period
    assert state.latest_period
    before, until = day(state.period.last_on), day(state.latest_period.last_on)
    assert f"Valid to {before}" in first
    assert f"Valid to {until}" in again
    assert f"Grace to {day(state.latest_period.grace_last_on)}" in again
    assert before not in again, "two ends would be read as a contradiction"


def test_a_manager_sees_no_more_than_a_stranger(browser: Browser, world: World, database: Database) -> None:
    number = certified(database, world)[1]
    stranger = browser.page(f"/verify/{number}")
    assert browser.sign_in(world.max).page(f"/verify/{number}").text == stranger.text


def test_who_asks_too_often_waits(browser: Browser, world: World, database: Database) -> None:
    number = certified(database, world)[1]
    for _ in range(59):
        browser.application.extensions["fluence.limits"].too_many(PER_ADDRESS, "verify", "127.0.0.1")
    assert browser.page(f"/verify/{number}").h1 == ["Current"]
    for typed in (number, NOBODYS, "hello"):
        answer = browser.get(f"/verify/{typed}", headers={"X-Forwarded-For": "198.51.100.7"})
        assert (answer.status_code, Page(answer.text).h1) == (429, ["Not checked"])
        assert "Ann Berg" not in answer.text
    elsewhere = browser.get(f"/verify/{number}", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 200


def test_a_certificate_of_the_demo_says_so(browser: Browser, world: World, database: Database) -> None:
    number = certified(database, world)[1]
    assert "DEMO" not in browser.page(f"/verify/{number}").text
    with database.transaction() as session:
        session.get_one(Organisation, world.organisation_id).is_demo = True
    assert "DEMO People and certificates are invented." in browser.page(f"/verify/{number}").text
    assert "DEMO" in browser.sign_in(world.ann).page("/").text


def test_the_demo_says_so_on_every_page(databases: Databases, world: World, tmp_path: Path) -> None:
    assert world.people
    with databases.copy("sqlite", "world") as url:
        site: Flask = app.create_app(replace(settings_for(url, tmp_path), demo=True))
        site.test_client_class = Browser
        browser = cast("Browser", site.test_client())
        pages = {path: browser.get(path).text for path in ("/sign-in", "/verify", f"/verify/{NOBODYS}", "/nowhere")}
        site.extensions["fluence.database"].engine.dispose()
    assert [path for path, text in pages.items() if "DEMO" not in text] == []


def certified(database: Database, world: World, *, days_ago: int = 2) -> tuple[int, str]:
    """Certify Ann and return the certification's id and number."""
    with database.transaction() as session:
        held = certify(session, world, world.ann, now=clock.now() - timedelta(days=days_ago))
        return held.id, held.number


def change(database: Database, world: World, certification_id: int, kind: EventKind) -> None:
    """Let the medical director change a certification from today on."""
    now = clock.now()
    with database.transaction() as session:
        change_certification(
            session,
            actor=world.mira.actor,
            certification_id=certification_id,
            change=Change(kind=kind, effective_on=day_in(ZONE, now), reason_code="adverse_event", reason=REASON),
            now=now,
        )
