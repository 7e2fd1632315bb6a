"""Assigning a course: to a clinic, to chosen people, and what is refused."""

from datetime import date, timedelta

from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.clock import day_in
from app.db import Database
from app.learning.models import Assignment
from app.people import service
from app.people.permissions import Role
from tests.factories import COURSE, ZONE, World
from tests.web.conftest import Browser

DUE = clock.now().date() + timedelta(days=90)
UNKNOWN = 999_999


def test_a_course_is_assigned_to_all_technicians_of_a_clinic(
    browser: Browser, world: World, database: Database
) -> None:
    nora = invite(database, world, "Nora Weiss")
    page = send(browser.sign_in(world.max), world.riverside, everyone="y")
    assert (page.status_code, page.location) == (303, "/board")
    told = f"Non-ablative skin tightening at 1064 nm is assigned to 2 people, due {DUE.day} {DUE:%B %Y}."
    assert told in browser.get("/people").text
    assert due_days(database) == {world.ann.id: DUE, nora: DUE, world.ben.id: due_days(database)[world.ben.id]}


def test_a_course_is_assigned_to_those_who_are_ticked(browser: Browser, world: World, database: Database) -> None:
    nora, other = (invite(database, world, name) for name in ("Nora Weiss", "Omar Haddad"))
    send(browser.sign_in(world.max), world.riverside, people=[nora, nora])
    assert "is assigned to 1 person, due" in browser.get("/people").text
    assert nora in due_days(database)
    assert other not in due_days(database)


def test_the_form_names_the_technicians_and_ticks_the_asked_one(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.max).get(f"/assignments/new?person={world.ann.id}").text
    assert "All technicians of Riverside (1)" in page
    assert f'checked id="people-0" name="people" type="checkbox" value="{world.ann.id}"' in page
    assert "Ben Okafor" not in page


def test_four_weeks_are_proposed(browser: Browser, world: World) -> None:
    form = browser.sign_in(world.max).page("/assignments/new").form(f"/assignments/new?clinic={world.riverside}")
    assert form.fields["due_on"] == [(day_in(ZONE, clock.now()) + timedelta(weeks=4)).isoformat()]


def test_an_administrator_chooses_the_clinic_first(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.ida).get(f"/assignments/new?clinic={world.hafen}").text
    assert "All technicians of Hafen (1)" in page
    assert "Ben Okafor" in page


def test_who_has_it_already_gets_the_new_due_day(browser: Browser, world: World, database: Database) -> None:
    before = due_days(database)[world.ann.id]
    send(browser.sign_in(world.max), world.riverside, people=[world.ann.id])
    assert before != due_days(database)[world.ann.id] == DUE


def test_what_cannot_be_assigned_is_explained(browser: Browser, world: World, database: Database) -> None:
    before = due_days(database)
    browser.sign_in(world.max)
    for fields, sentence in (
        ({"course": "no-such-course"}, "Choose from the list."),
        ({"course": "\x07"}, "Choose from the list."),
        ({"everyone": ""}, "Choose everybody, or at least one person."),
        ({"everyone": "", "people": ["x"]}, "Choose from the list."),
        ({"everyone": "", "people": ["9" * 30]}, "Choose from the list."),
        ({"due_on": ""}, "Choose the day by which it is to be done."),
        ({"due_on": "tomorrow"}, "Enter a day such as 2026-11-22."),
        ({"due_on": "2020-01-31"}, "Choose a due day from today on."),
    ):
        page = send(browser, world.riverside, **{"everyone": "y", **fields})
        assert (page.status_code, sentence in page.text) == (422, True), fields
    assert due_days(database) == before


def test_people_and_clinics_out_of_reach_are_not_found(browser: Browser, world: World, database: Database) -> None:
    before = due_days(database)
    browser.sign_in(world.max)
    for clinic_id in (world.hafen, world.harbour, UNKNOWN):
        assert browser.get(f"/assignments/new?clinic={clinic_id}").status_code == 404
        assert send(browser, clinic_id, everyone="y").status_code == 404
    for account_id in (world.ben.id, world.olga.id, world.eva.id, UNKNOWN):
        assert browser.get(f"/assignments/new?person={account_id}").status_code == 404
        assert send(browser, world.riverside, people=[world.ann.id, account_id]).status_code == 404
    assert due_days(database) == before


def test_an_address_that_names_no_clinic_is_not_found(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    for query in ("clinic=x", "clinic=0", "person=-1", "person=99999999999999999999"):
        assert browser.get(f"/assignments/new?{query}").status_code == 404


def test_disabled_people_are_not_offered(browser: Browser, world: World) -> None:
    browser.sign_in(world.max).send(f"/people/{world.ann.id}/disable", reason="Left")
    assert "Nobody treats at Riverside yet." in browser.get("/assignments/new").text
    page = send(browser, world.riverside, everyone="y")
    assert page.status_code == 422


def test_without_a_signed_release_nothing_can_be_assigned(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.olga).get("/assignments/new").text
    assert "No course can be assigned yet." in page
    assert send(browser, world.harbour, everyone="y").status_code == 422


def test_who_may_not_assign_finds_no_page(browser: Browser, world: World) -> None:
    for person in (world.ann, world.eva, world.ada, world.mira):
        assert browser.sign_in(person).get("/assignments/new").status_code == 404
        assert send(browser, world.riverside, everyone="y").status_code == 404


def send(browser: Browser, clinic_id: int, **fields: object) -> TestResponse:
    """Send the form of a clinic."""
    form = {"course": COURSE, "due_on": DUE.isoformat(), **fields}
    return browser.send(f"/assignments/new?clinic={clinic_id}", **form)


def due_days(database: Database) -> dict[int, date | None]:
    """Return the due days of all assignments by person."""
    with database.session() as session:
        return {one.account_id: one.due_on for one in session.scalars(select(Assignment))}


def invite(database: Database, world: World, name: str) -> int:
    """Invite a technician to Riverside behind the pages; return their id."""
    with database.transaction() as session:
        account, _ = service.invite(
            session,
            actor=world.ida.actor,
            email=f"{name.split(maxsplit=1)[0].lower()}@lumen.example",
            name=name,
            roles=[(Role.TECHNICIAN, world.riverside)],
            now=clock.now(),
        )
        return account.id
