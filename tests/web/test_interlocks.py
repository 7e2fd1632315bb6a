"""Interlocks on the pages: whom one hits, holding at once, lifting, and taking a device away."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.certification import interlocks, queries
from app.certification.lifecycle import StateAsOf
from app.clock import day_in
from app.db import Database
from app.people import equipment
from tests.factories import PASSWORD, ZONE, World, certify
from tests.web.conftest import Browser, statements

WHY = {"reason_code": "adverse_event", "reason": "Two hot spots", "password": PASSWORD}


@pytest.fixture
def held(database: Database, world: World) -> int:
    """Ann's certification: skin types III and IV."""
    with database.transaction() as session:
        return certify(session, world, world.ann, now=clock.now() - timedelta(days=2)).id


def state(database: Database, world: World, held: int) -> StateAsOf:
    now = clock.now()
    with database.session() as session:
        return queries.get_held(session, held, world.organisation_id).on(day_in(ZONE, now), now)


def types_on_hold(database: Database, world: World, held: int) -> list[int]:
    return [one.cell.skin_type for one in state(database, world, held).back]


def test_it_is_seen_beforehand_whom_it_hits(browser: Browser, world: World, database: Database, held: int) -> None:
    browser.sign_in(world.mira)
    assert "Whom it hits" not in browser.get("/interlocks/new").text
    with statements(database) as asked:
        page = browser.get("/interlocks/new?skin_type=4").text
    assert len(asked) <= 6
    assert "It holds 1 cell of 1 certification." in page
    assert "Ann Berg" in page
    assert "Then nobody may treat any more:" in page
    assert "Nothing is chosen yet" in browser.get("/interlocks/new?clinic=&device=&procedure=").text
    assert "Nobody holds such a cell." in browser.get("/interlocks/new?skin_type=6").text
    assert types_on_hold(database, world, held) == []


def test_held_at_once_and_lifted(browser: Browser, world: World, database: Database, held: int) -> None:
    done = browser.sign_in(world.mira).send("/interlocks/new", skin_types="4", **WHY)
    assert done.status_code == 303
    assert types_on_hold(database, world, held) == [4]
    with database.session() as session:
        [(made, _)] = interlocks.listed(session, world.organisation_id, None)
    page = browser.get("/interlocks").text
    assert all(text in page for text in ("Held at once: 1 certification.", "Any device, skin type IV", "Two hot spots"))
    url = f"/interlocks/{made.id}"
    assert "It gives back exactly what this act held." in browser.get(url).text
    assert browser.send(f"{url}/lift", reason="x", password=PASSWORD).status_code == 422
    assert browser.send(f"{url}/lift", reason="Looked into", password=PASSWORD).status_code == 303
    assert types_on_hold(database, world, held) == []
    assert "It was lifted." in browser.get(url).text
    assert "lifted before" in browser.send(f"{url}/lift", reason="Again", password=PASSWORD).text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"password": "not hers"}, "This is not your password"),
        ({"skin_types": ""}, "Choose a device, a procedure or a skin type."),
        ({"skin_types": "6"}, "Nobody holds such a cell"),
        ({"reason": ""}, "Give the reason in 3 to 500 characters."),
        ({"reason_code": "gossip"}, "Choose from the list."),
    ],
)
def test_what_is_refused_holds_nothing(
    browser: Browser, world: World, database: Database, held: int, more: dict[str, Any], sentence: str
) -> None:
    answer = browser.sign_in(world.mira).send("/interlocks/new", **{"skin_types": "4", **WHY, **more})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert types_on_hold(database, world, held) == []


def test_a_manager_holds_in_her_own_clinic_and_lifts_nothing(
    browser: Browser, world: World, database: Database, held: int
) -> None:
    browser.sign_in(world.max)
    assert "Everywhere" not in browser.get("/interlocks/new").text
    for clinic in ("", str(world.hafen), "x"):
        assert browser.send("/interlocks/new", clinic=clinic, skin_types="4", **WHY).status_code == 404
    done = browser.send("/interlocks/new", clinic=str(world.riverside), skin_types="4", **WHY)
    assert done.status_code == 303
    assert types_on_hold(database, world, held) == [4]
    page = browser.get("/interlocks").text
    assert "Riverside" in page
    assert "Lift it" not in page


def test_taking_a_device_away_offers_to_hold_its_cells(
    browser: Browser, world: World, database: Database, held: int
) -> None:
    device = state(database, world, held).cells[0].cell.device
    with database.transaction() as session:
        values: dict[str, Any] = {"devices": [device], "offered": [device], "now": clock.now()}
        equipment.set_devices(session, actor=world.max.actor, clinic_id=world.riverside, **values)
    taken = browser.sign_in(world.max).send(f"/clinics/{world.riverside}/devices", devices=[])
    assert taken.location == f"/interlocks/new?clinic={world.riverside}&device={device}"
    page = browser.get(taken.location).text
    assert "It holds 2 cells of 1 certification." in page
    assert "A device was taken away." in page
