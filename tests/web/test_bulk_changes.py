"""Several certifications at once: proposed by one person, confirmed by another with password, or taken back."""

from datetime import timedelta

import pytest

from app import clock
from app.certification import bulk, queries
from app.certification.lifecycle import State
from app.clock import day_in
from app.db import Database
from tests.factories import PASSWORD, ZONE, World, certify
from tests.web.conftest import Browser


@pytest.fixture
def held(database: Database, world: World) -> int:
    """Ann's certification."""
    with database.transaction() as session:
        return certify(session, world, world.ann, now=clock.now() - timedelta(days=2)).id


def state(database: Database, world: World, held: int) -> State:
    now = clock.now()
    with database.session() as session:
        return queries.get_held(session, held, world.organisation_id).on(day_in(ZONE, now), now).state


def propose(browser: Browser, database: Database, world: World, held: int, reason: str = "The same shortcut") -> str:
    today = day_in(ZONE, clock.now()).isoformat()
    words = {"reason_code": "unsafe_practice", "reason": reason, "password": PASSWORD}
    done = browser.send("/bulk-changes/new", kind="revoked", certifications=[held], effective_on=today, **words)
    assert done.status_code == 303
    with database.session() as session:
        [(made, _)] = bulk.listed(session, world.organisation_id)
    return f"/bulk-changes/{made.id}"


def test_two_people_revoke(browser: Browser, world: World, database: Database, held: int) -> None:
    url = propose(browser.sign_in(world.ida), database, world, held)
    page = browser.get(url).text
    assert "You proposed this: a second person confirms it." in page
    assert "a second person confirms it" in browser.send(f"{url}/confirm", password=PASSWORD).text
    assert "Waits for a second person" in browser.sign_in(world.mira).get("/bulk-changes").text
    assert "Ann Berg" in browser.get(url).text
    assert browser.send(f"{url}/confirm", password="guess").status_code == 422
    assert state(database, world, held) is State.ACTIVE
    assert browser.send(f"{url}/confirm", password=PASSWORD).status_code == 303
    assert state(database, world, held) is State.REVOKED
    page = browser.get("/bulk-changes").text
    assert "Done: 1 changed." in page
    assert "Confirmed" in page
    assert "decided before" in browser.send(f"{url}/withdraw").text


def test_what_is_taken_back_changes_nothing(browser: Browser, world: World, database: Database, held: int) -> None:
    url = propose(browser.sign_in(world.mira), database, world, held)
    assert browser.send(f"{url}/withdraw").status_code == 303
    assert "Taken back" in browser.get("/bulk-changes").text
    assert state(database, world, held) is State.ACTIVE


def test_nothing_chosen_is_refused(browser: Browser, world: World, held: int) -> None:
    today = day_in(ZONE, clock.now()).isoformat()
    words = {"reason_code": "other", "reason": "A reason", "password": PASSWORD}
    got = browser.sign_in(world.mira).send("/bulk-changes/new", kind="suspended", effective_on=today, **words)
    assert (got.status_code, "Choose from 1 to 200 certifications." in got.text) == (422, True)
    words["reason_code"] = "fraud"
    more = {"kind": "suspended", "certifications": [held], "effective_on": today}
    assert "Choose the reason from the list." in browser.send("/bulk-changes/new", **words, **more).text
