"""Sign-offs: who may be chosen, what a sign-off completes, in words, and what is refused."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.certification.models import SignOff
from app.certification.queries import held_by, sign_offs_by
from app.cli.demo_story import sit
from app.clock import day_in
from app.db import Database
from app.people import queries
from app.people import service as people
from app.people.permissions import Role
from tests.factories import COURSE, ZONE, Person, World, observe, read_lessons
from tests.web.conftest import Browser

TODAY = day_in(ZONE, clock.now())
CELL = {"device": "nd-yag-1064-us", "skin_type": "3", "procedure": "skin-tightening"}
UNKNOWN = 999_999


def attest(browser: Browser, account_id: object, **changed: object) -> TestResponse:
    fields = {"technician": account_id, **cell(browser), "observed_on": TODAY, **changed}
    return browser.send("/sign-offs", **fields)


def cell(browser: Browser) -> dict[str, object]:
    """Return a cell that the course in force grants, as the form offers it."""
    page = browser.get("/sign-offs").text
    return {name: options(page, name)[0] for name in ("device", "skin_type", "procedure")}


def options(page: str, name: str) -> list[str]:
    [select_element] = re.findall(rf'<select[^>]*name="{name}"[^>]*>(.*?)</select>', page, re.DOTALL)
    return [value for value in re.findall(r'value="([^"]*)"', select_element) if value]


def signed(database: Database) -> list[tuple[int, int]]:
    with database.session() as session:
        rows = session.execute(select(SignOff.account_id, SignOff.evaluator_id).order_by(SignOff.id))
        return [(row[0], row[1]) for row in rows]


def prepared(database: Database, world: World, *, times: int, exam: bool) -> None:
    """Let Ann read, be observed so often, and sit the exam."""
    now = clock.now() - timedelta(hours=2)
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=now)
        observe(session, world.eva.actor, world.ann.id, now=now, times=times)
        if exam:
            sit(session, world.ann.actor, course_id=COURSE, at=now, right=True)


def invite(database: Database, admin: Person, name: str, role: Role, clinic_id: int) -> Person:
    with database.transaction() as session:
        account, _ = people.invite(
            session,
            actor=admin.actor,
            email=f"{name.split(maxsplit=1)[0].lower()}@new.example",
            name=name,
            roles=[(role, clinic_id)],
            now=clock.now(),
        )
        return Person(name=name, email=account.email, actor=queries.actor_of(session, account))


def test_the_form_offers_the_technicians_of_the_evaluators_clinics(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.eva).get("/sign-offs").text
    assert options(page, "technician") == [str(world.ann.id)]
    assert "Ann Berg, Riverside" in page
    assert "Ben Okafor" not in page
    assert f'value="{TODAY}"' in page


def test_nobody_is_offered_themselves(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        people.give_role(
            session,
            actor=world.ida.actor,
            account_id=world.eva.id,
            role=Role.TECHNICIAN,
            clinic_id=world.riverside,
            now=clock.now(),
        )
    assert options(browser.sign_in(world.eva).get("/sign-offs").text, "technician") == [str(world.ann.id)]
    page = attest(browser, world.eva.id)
    assert page.status_code == 422
    assert "You cannot sign off your own treatments; ask another evaluator." in page.text
    assert signed(database) == []


def test_no_field_could_hold_a_client(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.eva).get("/sign-offs").text
    fields = set(re.findall(r'<(?:input|select|textarea)[^>]*\sname="([^"]+)"', page))
    assert fields == {"csrf_token", "technician", "device", "skin_type", "procedure", "observed_on"}


def test_what_was_observed_last_stands_first(world: World, database: Database) -> None:
    now = clock.now()
    with database.transaction() as session:
        for days in (3, 1, 2):
            observe(session, world.eva.actor, world.ann.id, now=now - timedelta(days=days), times=1)
        signed = sign_offs_by(session, world.organisation_id, world.eva.id)
        observed = [one.observed_on for one in signed]
    assert observed == sorted(observed, reverse=True)


def test_a_sign_off_tells_how_many_there_are(browser: Browser, world: World, database: Database) -> None:
    page = attest(browser.sign_in(world.eva), world.ann.id)
    assert (page.status_code, page.location) == (303, "/sign-offs")
    shown = browser.get("/sign-offs").text
    assert "Signed off. 1 of 3 treatments observed." in shown
    assert signed(database) == [(world.ann.id, world.eva.id)]
    listed = shown[shown.index('id="signed"') :]
    for text in ("Ann Berg", "Skin tightening", f"{TODAY.day} {TODAY:%b %Y}"):
        assert text in listed


def test_the_last_one_missing_certifies(browser: Browser, world: World, database: Database) -> None:
    prepared(database, world, times=2, exam=True)
    attest(browser.sign_in(world.eva), world.ann.id)
    assert "3 of 3 treatments observed; Ann Berg is now certified." in browser.get("/sign-offs").text
    with database.session() as session:
        assert len(held_by(session, world.organisation_id, [world.ann.id])[world.ann.id]) == 1


def test_enough_treatments_tell_what_else_is_missing(browser: Browser, world: World, database: Database) -> None:
    prepared(database, world, times=2, exam=False)
    attest(browser.sign_in(world.eva), world.ann.id)
    told = "3 of 3 treatments observed; still missing: exam not taken yet."
    assert told in browser.get("/sign-offs").text


def test_a_treatment_of_somebody_without_the_course_is_kept(browser: Browser, world: World, database: Database) -> None:
    zoe = invite(database, world.ida, "Zoe Blum", Role.TECHNICIAN, world.riverside)
    attest(browser.sign_in(world.eva), zoe.id)
    told = "It counts for Zoe Blum as soon as a course that needs it is assigned."
    assert told in browser.get("/sign-offs").text
    assert signed(database) == [(zoe.id, world.eva.id)]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("technician", "", "Choose the technician."),
        ("technician", "ann", "Choose from the list."),
        ("technician", str(2**63), "Choose from the list."),
        ("device", "", "Choose the device."),
        ("device", "toaster", "Choose from the list."),
        ("skin_type", "", "Choose the client&#39;s skin type."),
        ("skin_type", "7", "Choose from the list."),
        ("procedure", "haircut", "Choose from the list."),
        ("observed_on", "", "Enter the day on which you observed the treatment."),
        ("observed_on", "yesterday", "Enter a day such as 2026-11-22."),
        ("observed_on", TODAY + timedelta(days=1), "it cannot lie ahead"),
        ("observed_on", TODAY - timedelta(days=91), "Sign off within 90 days of the treatment"),
    ],
)
def test_what_cannot_be_signed_off_is_explained(
    browser: Browser, world: World, database: Database, field: str, value: object, told: str
) -> None:
    page = attest(browser.sign_in(world.eva), world.ann.id, **{field: value})
    assert page.status_code == 422
    assert told in page.text
    assert signed(database) == []


@pytest.mark.parametrize("name", ["ben", "max", "olga", "nobody"])
def test_who_treats_elsewhere_is_not_found(browser: Browser, world: World, database: Database, name: str) -> None:
    account_id = world.people[name].id if name in world.people else UNKNOWN
    assert attest(browser.sign_in(world.eva), account_id).status_code == 404
    assert signed(database) == []


@pytest.mark.parametrize("name", ["ann", "max", "mira", "ada", "ida", "olga"])
def test_only_an_evaluator_may(browser: Browser, world: World, database: Database, name: str) -> None:
    assert browser.get("/sign-offs").status_code == 303
    browser.sign_in(world.people[name])
    assert browser.get("/sign-offs").status_code == 404
    assert browser.send("/sign-offs", technician=world.ann.id, **CELL, observed_on=TODAY).status_code == 404
    assert signed(database) == []


def test_a_clinic_without_technicians_says_so(browser: Browser, world: World, database: Database) -> None:
    [(grant_id, *_)] = roles(database, world)
    with database.transaction() as session:
        people.end_role(session, actor=world.ida.actor, account_id=world.ann.id, grant_id=grant_id, now=clock.now())
    page = browser.sign_in(world.eva).get("/sign-offs")
    assert page.status_code == 200
    assert "Nobody to sign off yet." in page.text


def roles(database: Database, world: World) -> tuple[tuple[int, Role, int | None, str | None], ...]:
    with database.session() as session:
        return queries.member(session, world.organisation_id, world.ann.id, None).roles


def test_without_a_course_in_force_there_is_nothing_to_sign_off(
    browser: Browser, world: World, database: Database
) -> None:
    invite(database, world.olga, "Uma Holt", Role.TECHNICIAN, world.harbour)
    evaluator = invite(database, world.olga, "Eli Frey", Role.EVALUATOR, world.harbour)
    page = browser.sign_in(evaluator).get("/sign-offs")
    assert page.status_code == 200
    assert "Nothing to sign off yet." in page.text
