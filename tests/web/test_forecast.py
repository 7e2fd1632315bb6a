"""The forecast as managers read it: what ends, what that closes, who trains first."""

from datetime import date, timedelta
from typing import Any

import pytest

from app import clock
from app.certification.scope import Cell
from app.db import Database
from app.reports.forecast import RunsOut
from app.web.forecast_pages import after_it, in_words
from tests.factories import World, certify
from tests.web.conftest import Browser, old_world


def test_where_nobody_is_certified_it_says_who_trains_first(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).page("/scope/forecast")
    assert "Ann Berg takes " in page.text
    assert "fills 2 gaps, open now" in page.text
    assert page.text.count("No certification ends.") == 3
    assert "Ben Okafor" not in page.text  # he treats in another clinic
    assert f"/technicians/{world.ann.id}" in page.links


@old_world
def test_what_ends_stands_in_its_days_and_is_renewed_first(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        held = certify(session, world, world.ann, now=clock.now() - timedelta(days=350))
    page = browser.sign_in(world.max).page("/scope/forecast")
    first, later = page.text.split("31 to 60 days from now")
    assert held.number in first
    assert held.number not in later
    assert "then in grace to" in first
    assert "Ann Berg renews" in first
    assert "fills 2 gaps, the first from" in first
    assert "Nobody left for types III–IV with" in first


def test_a_clinic_with_cover_has_nobody_to_train(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(hours=1))
    assert "Nothing closes in 90 days." in browser.sign_in(world.max).page("/scope/forecast").text


@pytest.mark.parametrize("clinic", ["999999", "x", "9" * 30])
def test_another_clinic_is_not_found(browser: Browser, world: World, clinic: str) -> None:
    assert browser.sign_in(world.max).get(f"/scope/forecast?clinic={clinic}").status_code == 404
    for other in (world.hafen, world.harbour):
        assert browser.get(f"/scope/forecast?clinic={other}").status_code == 404


def test_the_board_leads_there_and_back(browser: Browser, world: World) -> None:
    board = browser.sign_in(world.max).page("/scope")
    [link] = [link for link in board.links if link.startswith("/scope/forecast")]
    assert f"/scope?clinic={world.riverside}" in browser.page(link).links


@pytest.mark.parametrize(
    ("last_on", "cause", "told"),
    [
        (30, {}, "no grace"),
        (30, {"overdue": True}, "then on hold: a recall is not done"),
        (27, {}, "then in grace to 30 Nov 2026"),
        (27, {"overdue": True}, "then in grace to 30 Nov 2026, then on hold: a recall is not done"),
        (20, {"lapsed": "Laser safety"}, "in grace to 30 Nov 2026, needs Laser safety, which ends then"),
    ],
)
def test_what_follows_the_last_valid_day_names_the_grace_before_what_ends_it(
    last_on: int, cause: dict[str, Any], told: str
) -> None:
    one = RunsOut(
        account_id=1,
        name="Ann Berg",
        title="Skin tightening",
        number="Z2AZ",
        last_on=date(2026, 11, last_on),
        to_on=date(2026, 11, 30),
        **{"lapsed": None, "overdue": False, "on_hold": False, **cause},
    )
    assert after_it(one, date(2026, 11, 25)) == told


def test_cells_in_words_never_join_what_is_apart() -> None:
    devices = {"diode": {"name": "Diode 808"}, "yag": {"name": "Nd:YAG 1064"}}
    cells = [Cell(procedure="hair-removal", device="diode", skin_type=one) for one in (1, 2, 4, 6)]
    cells.append(Cell(procedure="hair-removal", device="yag", skin_type=5))
    assert in_words(cells, devices) == [
        "types I–II, IV, VI with Diode 808, hair removal",
        "type V with Nd:YAG 1064, hair removal",
    ]
