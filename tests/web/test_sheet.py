"""The wall sheet: what the board says of a clinic and a day, black on white, when it was true and where to check."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.clock import day_in
from app.db import Database
from app.people import service
from app.web.qr import qr_code
from app.web.words import weekday
from tests.factories import ZONE, World, certify
from tests.web.conftest import Browser

PATH = re.compile(r'<path d="([^"]+)"')


@pytest.fixture
def certified(database: Database, world: World) -> None:
    """Ann, certified today at Riverside."""
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(hours=1))


@pytest.mark.usefixtures("certified")
def test_it_names_who_may_treat_on_the_day_in_words(browser: Browser, world: World) -> None:
    day = day_in(ZONE, clock.now()) + timedelta(days=3)
    browser.sign_in(world.max)
    board = browser.page(f"/scope?clinic={world.riverside}&day={day}")
    [link] = [link for link in board.links if link.startswith("/scope/sheet")]
    sheet = browser.page(link)
    assert f"For {weekday(day)} only. Valid as of " in sheet.text
    assert f"({ZONE}). Printed by Max Keller." in sheet.text
    assert "Riverside" in sheet.text
    assert "Ann Berg" in sheet.text
    assert "Ben Okafor" not in sheet.text  # he treats in another clinic
    assert not [link for link in sheet.links if link.startswith("/technicians/")]


@pytest.mark.usefixtures("certified")
def test_it_shows_nothing_that_the_board_does_not(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    words = set(re.findall(r"\w+", browser.page("/scope").text))
    own = """
        Valid as of only Printed by What happened since such as suspension is not this scan the code or open Checked at
        Back to board Print sheet page with your browser it fits Lumen Clinics For day on Keller boardPrint
        http localhost scope clinic Europe Zurich
    """
    sheet = set(re.findall(r"[^\W\d]+", browser.page("/scope/sheet").text))
    assert {word for word in sheet - words - set(own.split()) if len(word) > 1} == set()


def test_the_code_leads_to_the_same_board_at_the_address_of_the_settings(
    browser: Browser, world: World, site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(site.config, "BASE_URL", "https://training.example.org")
    day = day_in(ZONE, clock.now())
    url = f"https://training.example.org/scope?clinic={world.riverside}&day={day}"
    answer = browser.sign_in(world.max).get(f"/scope/sheet?clinic={world.riverside}&day={day}")
    assert PATH.findall(answer.text)[-1] == qr_code(url)["path"]
    assert url.replace("&", "&amp;") in answer.text
    assert browser.get(f"/scope?clinic={world.riverside}&day={day}").status_code == 200


@pytest.mark.parametrize("clinic", ["999999", "x", "9" * 30])
def test_another_clinic_is_not_found(browser: Browser, world: World, clinic: str) -> None:
    assert browser.sign_in(world.max).get(f"/scope/sheet?clinic={clinic}").status_code == 404
    for other in (world.hafen, world.harbour):
        assert browser.get(f"/scope/sheet?clinic={other}").status_code == 404


def test_an_empty_clinic_has_a_sheet_full_of_gaps(browser: Browser, world: World) -> None:
    sheet = browser.sign_in(world.max).page("/scope/sheet")
    assert "Nobody on" in sheet.text
    assert "Not on the board: Ann Berg." in sheet.text


def test_without_a_clinic_the_board_says_why(browser: Browser, world: World, database: Database) -> None:
    assert world.people
    with database.transaction() as session:
        _, admin, _ = service.create_organisation(
            session,
            name="New Group",
            admin_email="nell@new.example",
            admin_name="Nell Ward",
            time_zone=ZONE,
            now=clock.now(),
            is_demo=False,
        )
        secret = service.begin_sign_in(session, account_id=admin.id, now=clock.now())
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = secret
    assert browser.get("/scope/sheet").location == "/scope"
