"""Several certifications at once: proposed by one person, confirmed by another with password, or taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app import clock
from app.certification import bulk, queries
from app.certification.lifecycle import State
from app.clock import day_in
from app.db import Database
from app.people import service as people
from app.people.permissions import Role
from app.reports.changeable import Wanted, changeable
from app.web.bulk_pages import shown_of
from tests.factories import COURSE, PASSWORD, ZONE, World, certify
from tests.web.conftest import Browser, statements


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


@pytest.fixture
def two(database: Database, world: World, held: int) -> dict[str, int]:
    """Ann's certification, who treats at Riverside, and Ben's, who treats there and at Hafen."""
    with database.transaction() as session:
        people.give_role(
            session,
            actor=world.ida.actor,
            account_id=world.ben.id,
            role=Role.TECHNICIAN,
            clinic_id=world.riverside,
            now=clock.now() - timedelta(days=3),
        )
        other = certify(session, world, world.ben, now=clock.now() - timedelta(days=2)).id
    return {"Ann Berg": held, "Ben Okafor": other}


def shown(browser: Browser, url: str) -> set[str]:
    page = browser.get(url).text
    return {name for name in ("Ann Berg", "Ben Okafor") if f"<span>{name}, " in page}


def test_what_can_be_chosen_is_narrowed_down_in_the_address(
    browser: Browser, world: World, database: Database, two: dict[str, int]
) -> None:
    browser.sign_in(world.mira)
    with statements(database) as asked:
        assert shown(browser, "/bulk-changes/new") == set(two)
    assert len(asked) <= 6
    url = "/bulk-changes/new?"
    assert shown(browser, f"{url}clinic={world.riverside}&course={COURSE}") == set(two)
    assert shown(browser, f"{url}clinic={world.hafen}") == {"Ben Okafor"}
    assert shown(browser, f"{url}name=oKaf") == {"Ben Okafor"}
    page = browser.page(f"{url}clinic={world.hafen}&name=berg")
    assert "No certification that could be changed." in page.text
    assert "/bulk-changes/new" in page.links
    assert "2 certifications, by name." in browser.get(url).text


def test_a_refused_proposal_keeps_what_was_looked_for(browser: Browser, world: World, two: dict[str, int]) -> None:
    url = f"/bulk-changes/new?clinic={world.riverside}&name=ann"
    form = browser.sign_in(world.mira).page(url).form(url)
    assert form.method == "post"
    got = browser.send(url, certifications=[two["Ben Okafor"]], reason="A reason", password=PASSWORD)
    assert (got.status_code, "Choose from the list." in got.text) == (422, True)
    assert "<span>Ben Okafor, " not in got.text


def test_all_that_is_shown_is_ticked_at_once(browser: Browser, world: World, two: dict[str, int]) -> None:
    page = browser.sign_in(world.mira).page("/bulk-changes/new")
    assert "Tick all 2" in page.text
    assert [form.fields.get("certifications") for form in page.forms if form.method == "post"][-1:] == [None]
    chosen = browser.page("/bulk-changes/new?tick=all")
    assert [str(one) for one in two.values()] in [form.fields.get("certifications") for form in chosen.forms]


@pytest.mark.parametrize("query", ["clinic=999999", "clinic=x", "course=unknown", f"name={'n' * 121}"])
def test_what_nobody_could_look_for_is_refused(browser: Browser, world: World, query: str) -> None:
    answer = browser.sign_in(world.mira).get(f"/bulk-changes/new?{query}")
    assert answer.status_code == (400 if query.startswith("name") else 404)
    assert browser.get(f"/bulk-changes/new?clinic={world.harbour}").status_code == 404


def test_more_than_is_shown_is_told(world: World, database: Database, two: dict[str, int]) -> None:
    now = clock.now()
    with database.session() as session:
        listed = changeable(session, world.organisation_id, Wanted(), day=day_in(ZONE, now), now=now, most=1)
    assert [one.certification.id for one in listed.held] == [two["Ann Berg"]]
    assert shown_of(listed) == "The first 1 of 2 are shown, by name. Narrow them down by clinic, course or name."
    assert "of more than 2 are" in shown_of(replace(listed, whole=False))
