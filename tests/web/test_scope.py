"""Who may treat what: names by cell and day, gaps now and to come, and the devices of a clinic."""

from datetime import timedelta

import pytest

from app import clock
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.models import Certification
from app.db import Database
from tests.factories import World, certify
from tests.web.conftest import Browser

DEVICE = "ndyag-1064-us"


@pytest.fixture
def certified(database: Database, world: World) -> Certification:
    """Ann, certified today at Riverside."""
    with database.transaction() as session:
        return certify(session, world, world.ann, now=clock.now() - timedelta(hours=1))


def test_before_anybody_is_certified_every_cell_is_a_gap(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).page("/scope")
    assert "Nobody on" in page.text
    assert "Nobody is certified for it yet." in page.text
    assert "Not on the board: Ann Berg." in page.text
    assert "Ben Okafor" not in page.text  # he treats in another clinic


@pytest.mark.usefixtures("certified")
def test_who_is_certified_stands_in_her_cells_until_her_last_day(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    page = browser.page("/scope")
    assert "Nobody on" not in page.text
    assert f"/technicians/{world.ann.id}" in page.links
    day = clock.now().date()
    ending = browser.page(f"/scope?day={day + timedelta(days=330)}")
    assert "Nobody after" in ending.text
    assert "Last: Ann Berg." in ending.text
    assert "Show" in browser.page(f"/scope?day={day + timedelta(days=4000)}").text  # too far away: today instead


def test_a_suspension_opens_a_gap_and_says_whose(
    browser: Browser, world: World, certified: Certification, database: Database
) -> None:
    with database.transaction() as session:
        change_certification(
            session,
            actor=world.mira.actor,
            certification_id=certified.id,
            change=Change(
                kind=EventKind.SUSPENDED, effective_on=clock.now().date(), reason_code="incident", reason="A burn"
            ),
            now=clock.now(),
        )
    page = browser.sign_in(world.max).page("/scope")
    assert "Ann Berg: suspended since" in page.text
    assert "(A burn)" in page.text
    wall = browser.page("/scope/sheet").text
    assert "Ann Berg: suspended since" in wall
    assert "A burn" not in wall  # whoever passes by reads it


@pytest.mark.parametrize("clinic", ["999999", "x", "9" * 30])
def test_another_clinic_is_not_found(browser: Browser, world: World, clinic: str) -> None:
    assert browser.sign_in(world.max).get(f"/scope?clinic={clinic}").status_code == 404
    assert browser.get(f"/scope?clinic={world.hafen}").status_code == 404
    assert browser.get(f"/scope?clinic={world.harbour}").status_code == 404


@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_an_odd_day_is_today(browser: Browser, world: World, day: str) -> None:
    page = browser.sign_in(world.max).page(f"/scope?day={day}")
    assert str(clock.now().year) in page.text


def test_a_clinic_says_which_devices_it_has(browser: Browser, world: World) -> None:
    url = f"/clinics/{world.riverside}/devices"
    page = browser.sign_in(world.max).page(url)
    assert page.form(url).fields.get("devices", []) == []
    odd = browser.send(url, devices=["toaster"])
    assert odd.status_code == 422
    assert "Choose from the devices that the courses speak of" in odd.text
    assert "Nobody has said which devices stand here" in browser.get("/scope").text
    assert browser.send(url, devices=[DEVICE]).location == f"/scope?clinic={world.riverside}"
    assert browser.page(url).form(url).fields["devices"] == [DEVICE]
    assert "Nobody has said which devices stand here" not in browser.get("/scope").text
    # Without its last device it has none, and not every one again.
    browser.send(url, devices=[])
    assert browser.page(url).form(url).fields.get("devices", []) == []
    board = browser.get("/scope").text
    assert "Nobody has said which devices stand here" not in board
    assert "No signed course allows a treatment with a device of this clinic." in board


def test_without_a_clinic_it_says_where_they_come_from(browser: Browser, world: World) -> None:
    assert browser.sign_in(world.olga).get("/scope").status_code == 200
