"""Acts on a certification: what is asked first, what is refused, and what everybody reads afterwards."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.certification import queries
from app.certification.lifecycle import State, StateAsOf
from app.clock import day_in
from app.db import Database
from tests.factories import PASSWORD, ZONE, World, certify
from tests.web.conftest import Browser, statements

WHERE = "Nd:YAG laser 1064 nm, microsecond mode, skin tightening"


@pytest.fixture
def held(database: Database, world: World) -> int:
    """Ann's certification: skin types III and IV."""
    with database.transaction() as session:
        return certify(session, world, world.ann, now=clock.now() - timedelta(days=2)).id


def url(held: int, act: str) -> str:
    return f"/certifications/{held}/{act}"


def state(database: Database, world: World, held: int) -> StateAsOf:
    now = clock.now()
    with database.session() as session:
        return queries.get_held(session, held, world.organisation_id).on(day_in(ZONE, now), now)


def words(**more: Any) -> dict[str, Any]:
    told = {"reason_code": "other", "reason": "A hot spot on type III", "password": PASSWORD}
    return {"effective_on": day_in(ZONE, clock.now()).isoformat(), **told, **more}


def key(database: Database, world: World, held: int, skin_type: int) -> str:
    [cell] = [one.cell for one in state(database, world, held).cells if one.cell.skin_type == skin_type]
    return f"{cell.procedure}|{cell.device}|{skin_type}"


def test_the_page_says_beforehand_what_it_closes(browser: Browser, world: World, database: Database, held: int) -> None:
    browser.sign_in(world.mira)
    with statements(database) as asked:
        page = browser.get(url(held, "suspend")).text
    assert len(asked) <= 6
    assert f"<b>Riverside</b>: {WHERE}, skin types III–IV" in page
    assert "Without it, nobody may treat any more:" in page


def test_a_cell_is_suspended_and_everybody_reads_it(
    browser: Browser, world: World, database: Database, held: int
) -> None:
    done = browser.sign_in(world.mira).send(url(held, "suspend"), **words(cells=[key(database, world, held, 3)]))
    assert done.status_code == 303
    assert [one.cell.skin_type for one in state(database, world, held).back] == [3]
    told = f"On hold since {told_day()}: {WHERE}, skin type III. A hot spot on type III."
    page = browser.get(f"/technicians/{world.ann.id}").text
    assert told in page
    assert "1 of 2 cells on hold" in page
    assert "1 of 2 cells on hold" in browser.get("/board").text
    assert f"Ann Berg: on hold since {told_day()} (A hot spot on type III)" in (
        browser.get(f"/scope?clinic={world.riverside}").text
    )
    mine = browser.sign_in(world.ann).get("/").text
    assert "Part of " in mine
    assert f"{told} Do not treat there. Ask your medical director" in mine


def told_day() -> str:
    today = day_in(ZONE, clock.now())
    return f"{today.day} {today:%b %Y}"


def test_a_stranger_reads_which_cell_is_on_hold_and_not_why(
    browser: Browser, world: World, database: Database, held: int
) -> None:
    browser.sign_in(world.mira).send(url(held, "suspend"), **words(cells=[key(database, world, held, 3)]))
    with database.session() as session:
        number = queries.get_held(session, held, world.organisation_id).certification.number
    page = browser.get(f"/verify/{number}").text
    assert f"On hold since {told_day()}: {WHERE}, skin type III." in page
    assert "A hot spot" not in page


def test_the_whole_is_suspended_and_given_back(browser: Browser, world: World, database: Database, held: int) -> None:
    browser.sign_in(world.mira).send(url(held, "suspend"), **words())
    suspended = state(database, world, held)
    assert suspended.state is State.SUSPENDED
    assert suspended.cause
    page = browser.page(url(held, "reinstate"))
    assert "The whole certification, since" in page.text
    assert page.form(url(held, "reinstate")).fields["lifts"] == [str(suspended.cause.seq)], "it is the only one"
    done = browser.send(url(held, "reinstate"), **words(lifts=suspended.cause.seq, reason_code="cleared"))
    assert done.status_code == 303
    assert state(database, world, held).state is State.ACTIVE
    assert "There is nothing to do here." in browser.get(url(held, "reinstate")).text


def test_revoked_it_offers_nothing_more(browser: Browser, world: World, database: Database, held: int) -> None:
    page = browser.sign_in(world.mira).get(f"/technicians/{world.ann.id}").text
    assert url(held, "revoke") in page
    assert browser.send(url(held, "revoke"), **words(reason_code="fraud")).status_code == 303
    assert state(database, world, held).state is State.REVOKED
    page = browser.get(f"/technicians/{world.ann.id}").text
    assert url(held, "revoke") not in page
    assert "There is nothing to do here." in browser.get(url(held, "suspend")).text


def test_who_may_not_sees_no_acts(browser: Browser, world: World, held: int) -> None:
    assert url(held, "suspend") not in browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"password": "not hers"}, "This is not your password"),
        ({"reason": "x"}, "Give the reason in 3 to 500 characters."),
        ({"reason_code": "gossip"}, "Choose from the list."),
        ({"effective_on": "2020-01-01"}, "Choose today or a day of the coming year."),
        ({"effective_on": "soon"}, "Enter a day such as"),
        ({"cells": ["no|such|9"]}, "Choose from the list."),
    ],
)
def test_what_is_refused_changes_nothing(
    browser: Browser, world: World, database: Database, held: int, more: dict[str, Any], sentence: str
) -> None:
    answer = browser.sign_in(world.mira).send(url(held, "suspend"), **words(**more))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert state(database, world, held).back == ()


def test_passwords_are_not_tried_out(browser: Browser, world: World, held: int) -> None:
    browser.sign_in(world.mira)
    got = [browser.send(url(held, "suspend"), **words(password="guess")).text for _ in range(11)]
    assert "Too many tries." in got[-1]
    assert "Too many tries." not in got[0]
