"""Appointed evaluators: a medical director appoints, sees and ends; what is refused says what to change."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.certification import appointments
from app.certification.models import EvaluatorAppointment
from app.clock import day_in
from app.db import Database
from app.people import service as people
from app.people.permissions import Role
from app.web.appointments import key_of
from tests.factories import PASSWORD, ZONE, World
from tests.web.conftest import Browser

TODAY = day_in(ZONE, clock.now())


def appoint(browser: Browser, database: Database, world: World, **changed: object) -> TestResponse:
    with database.session() as session:
        cell = appointments.cells_in_force(session, world.organisation_id)[0]
    fields = {
        "evaluator": world.eva.id,
        "cells": [key_of(cell)],
        "issuer": "Rhine Academy",
        "number": "RA-7",
        "evidence": "Trainer for this device.",
        "reason": "Nobody else can observe.",
        "first_on": TODAY,
        "last_on": TODAY + timedelta(days=200),
        "password": PASSWORD,
    }
    return browser.send("/appointments/new", **{**fields, **changed})


def test_a_medical_director_appoints_and_ends(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.mira)
    assert "Eva Lund" in browser.page("/appointments/new").text
    assert appoint(browser, database, world).location == "/appointments"
    page = browser.page("/appointments")
    for text in ("Rhine Academy, RA-7: Trainer for this device.", "Nobody else can observe.", "Mira Santos"):
        assert text in page.text
    with database.session() as session:
        made = session.scalars(select(EvaluatorAppointment.id).order_by(EvaluatorAppointment.id.desc())).first()
    assert "observes nothing under it" in browser.page(f"/appointments/{made}/end").text
    answer = browser.send(f"/appointments/{made}/end", reason="Moved away", password="wrong")
    assert (answer.status_code, "This is not your password" in answer.text) == (422, True)
    browser.send(f"/appointments/{made}/end", reason="Moved away", password=PASSWORD)
    assert "Ended by Mira Santos: Moved away" in browser.page("/appointments").text
    assert "It is over." in browser.page(f"/appointments/{made}/end").text
    again = browser.send(f"/appointments/{made}/end", reason="Moved away", password=PASSWORD)
    assert (again.status_code, "ended already" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"evaluator": ""}, "Choose the evaluator."),
        ({"evaluator": "eva"}, "Choose from the list."),
        ({"cells": []}, "Choose at least one cell."),
        ({"cells": ["haircut|scissors|1"]}, "Choose from the list."),
        ({"issuer": ""}, "Give who issued the evidence in 2 to 120 characters."),
        ({"evidence": "x" * 501}, "Give what the evidence says in 3 to 500 characters."),
        ({"reason": " "}, "Give the reason in 3 to 500 characters."),
        ({"first_on": TODAY - timedelta(days=1)}, "begins today or later"),
        ({"last_on": TODAY + timedelta(days=400)}, "at most 12 months"),
        ({"last_on": "soon"}, "Enter a day such as"),
        ({"password": "wrong"}, "This is not your password"),
    ],
)
def test_what_does_not_fit_is_explained(
    browser: Browser, world: World, database: Database, changed: dict[str, object], told: str
) -> None:
    page = appoint(browser.sign_in(world.mira), database, world, **changed)
    assert page.status_code == 422
    assert told in page.text
    with database.session() as session:
        assert len(session.scalars(select(EvaluatorAppointment)).all()) == 1


def test_without_an_evaluator_there_is_nobody_to_appoint(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        account, _ = people.invite(
            session,
            actor=world.olga.actor,
            email="mo@harbour.example",
            name="Mo Lind",
            roles=[(Role.MEDICAL_DIRECTOR, None)],
            now=clock.now(),
        )
        token = people.begin_sign_in(session, account_id=account.id, now=clock.now())
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert "Nobody is appointed." in browser.page("/appointments").text
    assert "Nobody can be appointed yet." in browser.page("/appointments/new").text
