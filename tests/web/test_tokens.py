"""Tokens: made with the password, shown once, listed with their use, and revoked."""

import re

import sqlalchemy as sa

from app.audit.models import Entry
from app.db import Database
from app.people.models import ApiToken
from app.people.passwords import token_hash
from tests.factories import PASSWORD, World
from tests.web.conftest import Browser

SECRET = re.compile(r"fluence_[A-Za-z0-9_-]{43}")


def made(browser: Browser, **more: object) -> str:
    """Make a token by its form; return the page."""
    answer = browser.send("/tokens", **{"name": "Booking", "clinics": ["all"], "password": PASSWORD, **more})
    assert answer.status_code == 200
    return answer.text


def test_a_token_is_shown_once_and_only_its_hash_is_kept(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ida)
    assert "There is no token yet." in browser.page("/tokens").text
    [secret] = set(SECRET.findall(made(browser, clinics=[str(world.riverside)])))
    listed = browser.page("/tokens")
    assert secret not in listed.text
    assert "Booking Riverside" in listed.text
    assert "Never" in listed.text
    with database.session() as found:
        [token] = found.scalars(sa.select(ApiToken)).all()
        kinds = found.scalars(sa.select(Entry.kind).where(Entry.subject == f"api_token:{token.id}")).all()
    assert (token.token_hash, token.clinics) == (token_hash(secret), [world.riverside])
    assert kinds == ["api_token.made"]
    answer = browser.get(f"/api/v1/scope?clinic={world.riverside}", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert "Never" not in browser.page("/tokens").text


def test_without_the_password_or_a_clinic_none_is_made(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ida)
    for fields, told in (
        ({"password": ""}, "Enter your password to make the token."),
        ({"password": "wrong-harbour-granite"}, "This is not your password."),
        ({"clinics": []}, "Choose at least one clinic, or every clinic."),
        ({"clinics": [str(world.harbour)]}, "Choose from the list."),
        ({"clinics": ["all", str(world.riverside)]}, "Choose every clinic, or name some: not both."),
        ({"clinics": ["x"]}, "Choose from the list."),
        ({"name": " "}, "Enter a name of 1 to 120 letters."),
    ):
        answer = browser.send("/tokens", **{"name": "Booking", "clinics": ["all"], "password": PASSWORD, **fields})
        assert answer.status_code == 422
        assert told in answer.text
    made(browser)
    twice = browser.send("/tokens", name="Booking", clinics=["all"], password=PASSWORD)
    assert "There is a token called Booking already" in twice.text
    with database.session() as found:
        assert found.scalar(sa.select(sa.func.count(ApiToken.id))) == 1


def test_who_tries_out_passwords_is_slowed(browser: Browser, world: World) -> None:
    browser.sign_in(world.ida)
    answers = [browser.send("/tokens", name="x", clinics=["all"], password="wrong-harbour") for _ in range(11)]
    assert "Too many tries." in answers[-1].text
    assert "Too many tries." not in answers[-2].text


def test_a_revoked_token_stays_on_the_list(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ida)
    made(browser)
    with database.session() as found:
        token_id = found.scalars(sa.select(ApiToken.id)).one()
    url = f"/tokens/{token_id}/revoke"
    assert url in browser.page("/tokens").links
    assert "Revoke Booking?" in browser.page(url).text
    for _ in range(2):  # the second time nothing more happens
        assert browser.send(url).location == "/tokens"
    page = browser.page("/tokens")
    assert "Revoked on" in page.text
    assert url not in page.links
    with database.session() as found:
        assert found.scalar(sa.select(sa.func.count()).where(Entry.kind == "api_token.revoked")) == 1
