"""Sign-offs: who may be chosen, what a sign-off completes, in words, and what is refused."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.certification import appointments
from app.certification.models import EvaluatorAppointment, SignOff
from app.certification.practice_queries import attested_by
from app.certification.queries import held_by
from app.cli.demo_story import sit
from app.clock import day_in
from app.db import Database
from app.people import queries
from app.people import service as people
from app.people.permissions import Role
from tests.factories import COURSE, PASSWORD, ZONE, Person, World, observe, read_lessons
from tests.web.conftest import Browser

TODAY = day_in(ZONE, clock.now())
CELL = {"device": "nd-yag-1064-us", "skin_type": "3", "procedure": "skin-tightening"}
UNKNOWN = 999_999


def attest(browser: Browser, account_id: object, **changed: object) -> TestResponse:
    """Record a treatment with every step done, but for what is changed."""
    given = {"technician": account_id, **cell(browser), "observed_on": TODAY, **changed}
    fields = {"steps": steps_of(browser), "outcome": "safe", "password": PASSWORD}
    return browser.send("/sign-offs/observe", **{**fields, **given})


def look(browser: Browser, account_id: object, **changed: object) -> TestResponse:
    """Open the checklist of a treatment."""
    given = {"technician": account_id, **cell(browser), "observed_on": TODAY, **changed}
    return browser.get("/sign-offs/observe", query_string={name: str(value) for name, value in given.items()})


def cell(browser: Browser) -> dict[str, object]:
    """Return a cell that the course in force grants, as the form offers it."""
    page = browser.get("/sign-offs").text
    return {name: options(page, name)[0] for name in ("device", "skin_type", "procedure")}


def steps_of(browser: Browser) -> list[str]:
    """Return the steps that the checklist asks for."""
    technician = options(browser.get("/sign-offs").text, "technician")[0]
    return re.findall(r'name="steps" value="([^"]+)"', look(browser, technician).text)


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
    browser.sign_in(world.eva)
    treatment = {"csrf_token", "technician", "device", "skin_type", "procedure", "observed_on"}
    seen = {"page", "steps", "outcome", "remarks", "words", "no_client_detail", "password"}
    for page, fields in ((browser.get("/sign-offs"), treatment), (look(browser, world.ann.id), treatment | seen)):
        assert set(re.findall(r'<(?:input|select|textarea)[^>]*\sname="([^"]+)"', page.text)) == fields


def test_what_was_observed_last_stands_first(world: World, database: Database) -> None:
    now = clock.now()
    with database.transaction() as session:
        for days in (3, 1, 2):
            observe(session, world.eva.actor, world.ann.id, now=now - timedelta(days=days), times=1)
        signed = attested_by(session, world.organisation_id, world.eva.id)
        observed = [one.sign_off.observed_on for one in signed]
    assert observed == sorted(observed, reverse=True)


def test_a_sign_off_waits_for_the_technician(browser: Browser, world: World, database: Database) -> None:
    page = attest(browser.sign_in(world.eva), world.ann.id, remarks=["calm"])
    assert (page.status_code, page.location) == (303, "/sign-offs")
    shown = browser.get("/sign-offs").text
    assert "Signed. It counts as soon as Ann Berg has confirmed it." in shown
    assert signed(database) == [(world.ann.id, world.eva.id)]
    listed = shown[shown.index('id="signed"') :]
    for text in ("Ann Berg", "Skin tightening", "Waits for the technician", f"{TODAY.day} {TODAY:%b %Y}"):
        assert text in listed


def test_a_checklist_that_is_sent_twice_is_signed_once(browser: Browser, world: World, database: Database) -> None:
    marks = [
        re.findall(r'name="page" value="([0-9a-f]{32})"', look(browser.sign_in(world.eva), world.ann.id).text)[0]
        for _ in range(2)
    ]
    assert marks[0] != marks[1]
    for mark in (marks[0], marks[0], marks[1]):
        assert attest(browser, world.ann.id, page=mark).location == "/sign-offs"
    assert signed(database) == [(world.ann.id, world.eva.id)] * 2


def test_the_technicians_signature_certifies(browser: Browser, world: World, database: Database) -> None:
    prepared(database, world, times=2, exam=True)
    attest(browser.sign_in(world.eva), world.ann.id)
    assert "Eva Lund recorded a treatment: confirm or contest" in browser.sign_in(world.ann).get("/").text
    browser.send(f"/practice/{latest(database)}/confirm")
    assert "Confirmed. 3 of 3 treatments observed; you are now certified." in browser.get("/practice").text
    with database.session() as session:
        assert len(held_by(session, world.organisation_id, [world.ann.id])[world.ann.id]) == 1


def test_enough_treatments_tell_what_else_is_missing(browser: Browser, world: World, database: Database) -> None:
    prepared(database, world, times=2, exam=False)
    attest(browser.sign_in(world.eva), world.ann.id)
    browser.sign_in(world.ann).send(f"/practice/{latest(database)}/confirm")
    told = "3 of 3 treatments observed; still missing: exam not taken yet."
    assert told in browser.get("/practice").text


def test_a_treatment_of_somebody_without_the_course_is_kept(browser: Browser, world: World, database: Database) -> None:
    zoe = invite(database, world.ida, "Zoe Blum", Role.TECHNICIAN, world.riverside)
    attest(browser.sign_in(world.eva), zoe.id)
    browser.sign_in(zoe).send(f"/practice/{latest(database)}/confirm")
    assert "It counts as soon as a course that needs it is assigned to you." in browser.get("/practice").text
    assert signed(database) == [(zoe.id, world.eva.id)]


def latest(database: Database) -> int:
    with database.session() as session:
        return session.scalars(select(SignOff.id).order_by(SignOff.id.desc())).first() or 0


def test_what_is_no_practice_tells_what_to_repeat(browser: Browser, world: World, database: Database) -> None:
    steps = steps_of(browser.sign_in(world.eva))
    attest(browser, world.ann.id, steps=steps[1:], outcome="prompted")
    assert "It does not count as observed practice; Ann Berg" in browser.get("/sign-offs").text
    page = browser.sign_in(world.ann).page(f"/practice/{latest(database)}")
    for text in ("A prompt was needed. It is no observed practice.", "today's list for this device", "27 of 28"):
        assert text in page.text
    browser.send(f"/practice/{latest(database)}/confirm")
    assert "does not count as observed practice. Read what to repeat." in browser.get("/practice").text
    assert "To repeat" in browser.sign_in(world.max).get(f"/technicians/{world.ann.id}/practice").text


def test_who_may_not_observe_is_told_why(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        one = session.scalars(select(EvaluatorAppointment)).one()
        appointments.end(
            session,
            actor=world.mira.actor,
            appointment_id=one.id,
            reason="Moved away",
            password=PASSWORD,
            now=clock.now(),
        )
    page = look(browser.sign_in(world.eva), world.ann.id)
    assert page.status_code == 422
    assert "Your appointment for it was ended" in page.text


def test_the_checklist_opens_only_for_what_is_chosen(browser: Browser, world: World) -> None:
    page = look(browser.sign_in(world.eva), world.ann.id)
    assert page.status_code == 200
    assert page.text.count('name="steps"') == 28
    assert look(browser, "").status_code == 422
    assert look(browser, world.ben.id).status_code == 404
    assert "Choose the procedure." in look(browser, world.ann.id, procedure="").text
    assert "cannot lie ahead" in look(browser, world.ann.id, observed_on=TODAY + timedelta(days=1)).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"outcome": ""}, "Choose how the treatment went."),
        ({"outcome": "fine"}, "Choose from the list."),
        ({"steps": ["procedure/no-such"]}, "Choose from the list."),
        ({"remarks": ["Mrs Miller"]}, "Choose from the list."),
        ({"password": ""}, "it is your signature"),
        ({"password": "wrong"}, "This is not your password"),
        ({"words": "Aged 34", "no_client_detail": "y"}, "Take the digits out of your own words"),
        ({"words": "ann@home", "no_client_detail": "y"}, "Take the @ out of your own words"),
        ({"words": "Second pass rushed"}, "Tick that your own words hold no client detail"),
        ({"page": "Mrs Miller"}, "Load the page again, then sign."),
        ({"corrects": "x"}, "404"),
        ({"corrects": "999999", "correction": "cell"}, "404"),
    ],
)
def test_a_signature_that_is_refused_says_what_to_change(
    browser: Browser, world: World, database: Database, fields: dict[str, object], told: str
) -> None:
    page = attest(browser.sign_in(world.eva), world.ann.id, **fields)
    assert page.status_code == (404 if told == "404" else 422)
    assert told in page.text or told == "404"
    assert signed(database) == []


def test_an_entry_is_corrected_and_stays_to_be_seen(browser: Browser, world: World, database: Database) -> None:
    attest(browser.sign_in(world.eva), world.ann.id)
    wrong = latest(database)
    page = browser.page(f"/sign-offs/{wrong}")
    [again] = [link for link in page.links if "corrects=" in link]
    assert f'name="corrects" value="{wrong}"' in browser.get(again).text
    refused = attest(browser, world.ann.id, corrects=wrong)
    assert (refused.status_code, "Choose what was wrong from the list" in refused.text) == (422, True)
    attest(browser, world.ann.id, corrects=wrong, correction="steps")
    assert "A step was recorded wrongly. Another entry stands in its place." in browser.page(f"/sign-offs/{wrong}").text
    right = latest(database)
    answer = browser.send(f"/sign-offs/{right}/void", reason="twice", password="wrong")
    assert (answer.status_code, "This is not your password" in answer.text) == (422, True)
    assert browser.send(f"/sign-offs/{right}/void", reason="twice", password=PASSWORD).status_code == 303
    assert "It was recorded twice. It is void." in browser.page(f"/sign-offs/{right}").text
    listed = browser.sign_in(world.ann).page("/practice").text
    assert listed.count("Corrected") == 2


def test_a_technician_contests(browser: Browser, world: World, database: Database) -> None:
    attest(browser.sign_in(world.eva), world.ann.id)
    url = f"/practice/{latest(database)}"
    answer = browser.sign_in(world.ann).send(f"{url}/contest", reason="")
    assert (answer.status_code, "Choose what is wrong." in answer.text) == (422, True)
    answer = browser.send(f"{url}/contest", reason="day", words="On the 3rd", no_client_detail="y")
    assert (answer.status_code, "Take the digits out" in answer.text) == (422, True)
    browser.send(f"{url}/contest", reason="day", words="It was <b>earlier</b>", no_client_detail="y")
    assert "The day is another. “It was <b>earlier</b>”" in browser.page(url).text
    assert browser.send(f"{url}/confirm").status_code == 409
    assert "Contested" in browser.sign_in(world.eva).page("/sign-offs").text


def test_pages_of_practice_without_any(browser: Browser, world: World) -> None:
    assert "No treatment was observed yet." in browser.sign_in(world.ann).page("/practice").text
    assert (
        "No treatment was observed yet."
        in browser.sign_in(world.max).page(f"/technicians/{world.ann.id}/practice").text
    )


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("technician", "", "Choose the technician."),
        ("technician", "ann", "Choose from the list."),
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
    assert browser.send("/sign-offs/observe", technician=world.ann.id, **CELL, observed_on=TODAY).status_code == 404
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
