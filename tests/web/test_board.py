"""The status board: states in words, filters that live in the address, and nobody else's people."""

from datetime import timedelta

import pytest

from app import clock
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.clock import day_in
from app.db import Database
from app.people import queries as people
from app.people import service
from app.people.permissions import Role
from tests.factories import COURSE, ZONE, World, certify, observe, read_lessons
from tests.web.conftest import Browser, old_world, statements
from tests.web.sitting import passed


def test_a_manager_sees_the_technicians_of_her_clinic(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).page("/board")
    assert page.h1 == ["Team"]
    assert "1 person in 1 clinic" in page.text
    assert f"/technicians/{world.ann.id}" in page.links
    assert "Riverside" in page.text
    assert not any(name in page.text for name in ("Ben Okafor", "Hafen", "Eva Lund", "Olga"))


def test_who_answers_for_the_organisation_sees_all_its_clinics(browser: Browser, world: World) -> None:
    for person in (world.mira, world.ada, world.ida):
        page = browser.sign_in(person).page("/board")
        assert "2 people in 2 clinics" in page.text
        assert all(text in page.text for text in ("Ann Berg", "Ben Okafor", "Riverside", "Hafen"))


def test_another_organisation_sees_nobody(browser: Browser, world: World) -> None:
    browser.sign_in(world.olga)
    for query in ("", f"?clinic={world.riverside}", "?name=Ann", f"?certification={COURSE}", "?state=none"):
        page = browser.page(f"/board{query}")
        assert "0 people in 0 clinics" in page.text
        assert not any(text in page.text for text in ("Ann Berg", "Riverside", "skin tightening"))


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("none", "Not started"),
        ("training", "2 of 8 lessons"),
        ("sign_off", "1 of 3 observed"),
        ("active", "Current"),
        ("suspended", "Suspended"),
        ("revoked", "Revoked"),
    ],
)
def test_a_state_is_told_in_words(browser: Browser, world: World, database: Database, state: str, word: str) -> None:
    bring_about(database, world, state)
    page = browser.sign_in(world.max).page(f"/board?state={state}")
    assert "Ann Berg" in page.text
    assert word in page.text
    for other in {"none", "training", "sign_off", "active", "suspended", "revoked"} - {state}:
        assert "Nobody matches these filters." in browser.page(f"/board?state={other}").text


@old_world
@pytest.mark.parametrize(("days_ago", "state"), [(350, "due"), (370, "grace"), (400, "expired")])
def test_what_the_calendar_brings_is_told(
    browser: Browser, world: World, database: Database, days_ago: int, state: str
) -> None:
    with database.transaction() as session:
        certify(session, world, world.ann, now=clock.now() - timedelta(days=days_ago))
    page = browser.sign_in(world.max).page(f"/board?state={state}")
    assert "Ann Berg" in page.text
    assert "1 to follow up" in page.text
    assert "Nobody matches these filters." in browser.page("/board?state=active").text


def test_filters_live_in_the_address(browser: Browser, world: World) -> None:
    browser.sign_in(world.ida)
    url = f"/board?state=none&clinic={world.hafen}&certification={COURSE}&name=ben"
    form = browser.page(url).form("/board")
    assert form.fields == {
        "state": ["none"],
        "name": ["ben"],
        "clinic": [str(world.hafen)],
        "certification": [COURSE],
    }
    page = browser.page(url)
    assert "Ben Okafor" in page.text
    assert "Ann Berg" not in page.text
    assert "/board" in page.links


def test_a_clinic_stays_chosen_where_nobody_is_found(browser: Browser, world: World) -> None:
    form = browser.sign_in(world.ida).page(f"/board?name=ben&clinic={world.riverside}").form("/board")
    assert form.fields["clinic"] == [str(world.riverside)]


def test_who_has_no_technicians_is_told_to_invite(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.olga).page("/board")
    assert "Nobody treats here yet." in page.text
    assert "/people/invite" in page.links


def test_a_chosen_clinic_is_read_beyond_the_first_people(world: World, database: Database) -> None:
    with database.session() as session:
        clinics, found = people.roster(
            session, world.organisation_id, None, clinic_id=world.riverside, name="", limit=1
        )
    assert clinics == [(world.hafen, "Hafen"), (world.riverside, "Riverside")]
    assert found == [(world.ann.id, "Ann Berg", world.riverside, "Riverside")]


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("name=ANN", {"Ann Berg"}),
        ("name=o", {"Ben Okafor"}),
        ("name=e", {"Ann Berg", "Ben Okafor"}),
        ("name=%25", set()),
        ("name=_", set()),
        ("name=\\", set()),
        ("clinic=999999", set()),
        ("clinic=x", set()),
        ("state=nothing", set()),
        ("state=none", {"Ann Berg", "Ben Okafor"}),
        ("certification=hair-removal", {"Ann Berg", "Ben Okafor"}),
    ],
)
def test_filters_find_whom_they_name(browser: Browser, world: World, query: str, seen: set[str]) -> None:
    page = browser.sign_in(world.ida).page(f"/board?{query}")
    assert {name for name in ("Ann Berg", "Ben Okafor") if name in page.text} == seen


def test_a_name_is_found_whatever_its_capitals(browser: Browser, world: World, database: Database) -> None:
    invite(database, world, "Élodie Świerk")
    browser.sign_in(world.max)
    for text in ("élo", "ŚWI", "świerk", "Élodie Ś"):
        assert "Élodie Świerk" in browser.page(f"/board?name={text}").text, text


def test_each_state_is_counted(browser: Browser, world: World, database: Database) -> None:
    bring_about(database, world, "active")
    answer = browser.sign_in(world.ida).get("/board")
    counts = {state: f'data-count="{state}">{number}<' in answer.text for state, number in COUNTS.items()}
    assert all(counts.values()), counts


def test_a_disabled_technician_leaves_the_board(browser: Browser, world: World) -> None:
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left")
    assert "Ann Berg" not in browser.page("/board").text


def test_what_is_to_follow_up_is_explained(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
    passed(database, world.ann.actor)
    page = browser.sign_in(world.max).get("/board").text
    assert "1 to follow up" in page
    assert "To follow up: due, in grace, expired" in page


def test_only_who_assigns_is_offered_to(browser: Browser, world: World) -> None:
    offered = {
        name: "/assignments/new" in browser.sign_in(world.people[name]).page("/board").links
        for name in ("max", "mira", "ada", "ida")
    }
    assert offered == {"max": True, "mira": False, "ada": False, "ida": True}


def test_a_large_board_takes_as_few_queries(browser: Browser, world: World, database: Database) -> None:
    for number in range(40):
        invite(database, world, f"Person {number:02}")
    browser.sign_in(world.ida)
    with statements(database) as asked:
        page = browser.page("/board")
    assert "42 people in 2 clinics" in page.text
    assert len(asked) <= 6


COUNTS = {"": 2, "active": 1, "none": 1, "due": 0, "expired": 0, "suspended": 0}


def bring_about(database: Database, world: World, state: str) -> None:
    """Bring Ann to a state, as the pages would."""
    now = clock.now()
    with database.transaction() as session:
        if state == "training":
            read_lessons(session, world.ann.actor, now=now, all_but=6)
        if state == "sign_off":
            read_lessons(session, world.ann.actor, now=now)
            observe(session, world.eva.actor, world.ann.id, now=now, times=1)
        if state in ("active", "suspended", "revoked"):
            held = certify(session, world, world.ann, now=now - timedelta(days=2))
        if state in ("suspended", "revoked"):
            change_certification(
                session,
                actor=world.mira.actor,
                certification_id=held.id,
                change=Change(
                    kind=EventKind(state),
                    effective_on=day_in(ZONE, now),
                    reason_code="adverse_event",
                    reason="Two hot spots in one week.",
                ),
                now=now,
            )
    if state == "sign_off":
        passed(database, world.ann.actor, days_ago=0)


def invite(database: Database, world: World, name: str) -> None:
    """Add a technician to Riverside."""
    with database.transaction() as session:
        service.invite(
            session,
            actor=world.ida.actor,
            email=f"{abs(hash(name))}@lumen.example",
            name=name,
            roles=[(Role.TECHNICIAN, world.riverside)],
            now=clock.now(),
        )
