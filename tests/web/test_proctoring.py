"""A code given on site: made once, entered once, tried not too often."""

import pytest

from app import clock
from app.db import Database
from tests.asking import sign_edition
from tests.factories import COURSE, World
from tests.web.conftest import Browser
from tests.web.page import Page
from tests.web.sitting import EXAM

WRONG = "This code does not fit, was used, or ran out."


@pytest.fixture(autouse=True)
def takes_code(database: Database, world: World) -> None:
    """The exam takes a code."""
    with database.transaction() as session:
        sign_edition(session, world, now=clock.now(), proctor_code=True)


def test_a_code_made_on_site_starts_the_exam(browser: Browser, world: World) -> None:
    code = made(browser.sign_in(world.eva), world)
    browser.sign_in(world.ann)
    assert "Code from somebody on site" in browser.page(EXAM).text
    without = browser.send(EXAM, declared="yes")
    assert (without.status_code, "Enter the code that somebody on site makes for you" in without.text) == (409, True)
    wrong = browser.send(EXAM, declared="yes", code="2222-2222")
    assert (wrong.status_code, WRONG in wrong.text) == (422, True)
    started = browser.send(EXAM, declared="yes", code=code.lower())
    assert (started.status_code, started.location) == (303, "/attempts/1/items/1")
    again = browser.sign_in(world.ben).send(EXAM, declared="yes", code=code)
    assert (again.status_code, WRONG in again.text) == (422, True)
    page = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}/sittings")
    assert "On-site code from Eva Lund" in page.text


def test_a_code_is_not_guessed(browser: Browser, world: World) -> None:
    code = made(browser.sign_in(world.eva), world)
    browser.sign_in(world.ann)
    tries = [browser.send(EXAM, declared="yes", code=f"2222-222{number}").status_code for number in range(2, 13)]
    assert tries == [422] * 10 + [429]
    assert browser.send(EXAM, declared="yes", code=code).status_code == 429


def test_who_makes_codes_is_shown_where(browser: Browser, world: World) -> None:
    assert "/proctor-codes" in browser.sign_in(world.eva).page("/sign-offs").links
    assert "/proctor-codes" in browser.sign_in(world.max).page("/board").links
    assert "/proctor-codes" not in browser.sign_in(world.ada).page("/board").links
    form = browser.sign_in(world.eva).page("/proctor-codes").form("/proctor-codes")
    assert form.fields["course"] == [COURSE]
    refused = browser.send("/proctor-codes", technician=str(world.ben.id), course=COURSE)
    assert (refused.status_code, "Choose from the list." in refused.text) == (422, True)


def made(browser: Browser, world: World) -> str:
    """Make a code for Ann as who is signed in; return it."""
    answer = browser.send("/proctor-codes", technician=str(world.ann.id), course=COURSE)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert page.h1 == ["Code for Ann Berg"]
    words = page.text.split()
    return next(word for word in words if len(word) == 9 and word[4] == "-" and word.isupper())
