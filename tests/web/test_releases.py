"""Releases: the list, the review with its form, the signature and its refusals, the preview of lessons."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from app import clock
from app.db import Database
from app.people import queries
from app.people import service as people
from app.people.permissions import Actor, Role
from app.releases import queries as releases
from app.releases import service
from app.releases.service import MEANING
from app.web import signing
from tests.factories import COURSE, PASSWORD, World, frozen_course
from tests.web.conftest import Browser

NEW_HASH = "ab" * 32
UNKNOWN = 999_999


def publish(database: Database, actor: Actor) -> int:
    """Publish the next edition of the shipped course, unsigned."""
    with database.transaction() as session:
        frozen = replace(frozen_course(), hash=NEW_HASH, edition="2027.1")
        return service.publish(session, actor=actor, frozen=frozen, now=clock.now()).id


def protocol() -> list[str]:
    return [row["row"] for row in frozen_course().manifest["protocol"]]


def sign(browser: Browser, release_id: int, rows: Sequence[str], password: str = PASSWORD) -> TestResponse:
    shown = re.search(r'name="seen" value="([0-9a-f]{64})"', browser.get(f"/releases/{release_id}").text)
    seen = shown[1] if shown else ""  # whoever may not sign is shown no form
    return browser.send(f"/releases/{release_id}/signature", confirmed=rows, password=password, seen=seen)


def signers(database: Database, release_id: int) -> list[str]:
    with database.session() as session:
        return [one.name for one in releases.signatures(session, [release_id]).get(release_id, [])]


def ticked(page: TestResponse) -> list[str]:
    return re.findall(r'name="confirmed" value="([^"]+)" checked', page.text)


def test_the_list_tells_who_published_and_signed(browser: Browser, world: World, database: Database) -> None:
    publish(database, world.tom.actor)
    page = browser.sign_in(world.mira).get("/releases").text
    newer, older = page.index("edition 2027.1"), page.index("edition 2026.1")
    assert newer < older
    assert "by Tom Reed" in page[newer:older]
    assert "Waits for a signature" in page[newer:older]
    assert "<span>No</span>" in page[newer:older]
    assert "by Mira Santos" in page[older:]
    assert "<span>Yes</span>" in page[older:]


def test_the_start_page_of_who_signs_tells_what_waits(browser: Browser, world: World, database: Database) -> None:
    assert browser.sign_in(world.mira).get("/").location == "/board"
    assert "waits for your signature" not in browser.get("/releases").text
    release_id = publish(database, world.tom.actor)
    assert browser.get("/").location == "/releases"
    page = browser.page("/releases")
    assert "edition 2027.1, waits for your signature" in page.text
    assert f"/releases/{release_id}" in page.links
    assert "waits for your signature" not in browser.sign_in(world.tom).get("/releases").text


def test_what_the_exam_is_drawn_from_is_told_in_words(browser: Browser, world: World, database: Database) -> None:
    release_id = publish(database, world.tom.actor)
    page = browser.sign_in(world.mira).page(f"/releases/{release_id}")
    assert "statements, questions written by hand" in page.text


def test_a_list_without_releases_tells_what_to_do(browser: Browser, world: World) -> None:
    assert "No course is published yet." in browser.sign_in(world.olga).get("/releases").text


def test_the_review_shows_the_release_whole(browser: Browser, world: World, database: Database) -> None:
    manifest = frozen_course().manifest
    page = browser.sign_in(world.mira).get(f"/releases/{publish(database, world.tom.actor)}").text
    assert f'/releases/{world.release_id + 1}/lessons/{manifest["lessons"][0]["id"]}"' in page
    for text in (manifest["summary"], MEANING, NEW_HASH, "Settings that nobody has confirmed", "Mira Santos"):
        assert text in page
    for standing, number in manifest["standings"].items():
        assert number, standing
        assert f"<span>{number}</span>" in page
    assert re.findall(r'type="checkbox" name="confirmed" value="([^"]+)"', page) == protocol()


def test_a_medical_director_signs(browser: Browser, world: World, database: Database) -> None:
    release_id = publish(database, world.tom.actor)
    page = sign(browser.sign_in(world.mira), release_id, protocol())
    assert (page.status_code, page.location) == (303, f"/releases/{release_id}")
    shown = browser.get(page.location).text
    assert "Signed. From now on the exam can be sat on this release." in shown
    assert 'type="password"' not in shown
    assert MEANING in shown
    assert signers(database, release_id) == ["Mira Santos"]
    with database.session() as session:
        release = releases.in_force(session, world.organisation_id, COURSE)
        assert release is not None
        assert release.release.id == release_id


def test_a_row_that_is_not_confirmed_is_told_and_the_ticks_stay(
    browser: Browser, world: World, database: Database
) -> None:
    release_id, rows = publish(database, world.tom.actor), protocol()
    page = sign(browser.sign_in(world.mira), release_id, rows[1:])
    assert page.status_code == 422
    assert f"1 of {len(rows)} protocol rows are not confirmed yet" in page.text
    assert ticked(page) == rows[1:]
    assert signers(database, release_id) == []


@pytest.mark.parametrize(
    ("password", "told"),
    [("wrong-wrong-wrong", "This is not your password."), ("", "Enter your password to sign.")],
)
def test_a_wrong_password_signs_nothing_and_the_ticks_stay(
    browser: Browser, world: World, database: Database, password: str, told: str
) -> None:
    release_id = publish(database, world.tom.actor)
    page = sign(browser.sign_in(world.mira), release_id, protocol(), password)
    assert page.status_code == 422
    assert told in page.text
    assert ticked(page) == protocol()
    assert signers(database, release_id) == []


def test_passwords_cannot_be_tried_out(
    browser: Browser, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "PER_PERSON", "1 per hour")
    release_id = publish(database, world.tom.actor)
    browser.sign_in(world.mira)
    sign(browser, release_id, protocol(), "wrong-wrong-wrong")
    page = sign(browser, release_id, protocol())
    assert page.status_code == 422
    assert "Too many tries." in page.text
    assert signers(database, release_id) == []


def test_who_published_it_cannot_sign_it(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        people.give_role(
            session,
            actor=world.ida.actor,
            account_id=world.mira.id,
            role=Role.AUTHOR,
            clinic_id=None,
            now=clock.now(),
        )
        author = queries.actor_of(session, queries.get_account(session, world.organisation_id, world.mira.id))
    release_id = publish(database, author)
    shown = browser.sign_in(world.mira).get(f"/releases/{release_id}").text
    assert "You published this release. Another medical director has to sign it" in shown
    assert 'type="password"' not in shown
    page = sign(browser, release_id, protocol())
    assert page.status_code == 422
    assert "You published this release; another medical director has to sign it." in page.text
    assert signers(database, release_id) == []


@pytest.mark.parametrize("name", ["tom", "ada", "ida"])
def test_others_read_it_and_are_told_who_signs(browser: Browser, world: World, database: Database, name: str) -> None:
    release_id = publish(database, world.tom.actor)
    shown = browser.sign_in(world.people[name]).get(f"/releases/{release_id}")
    assert shown.status_code == 200
    assert "A medical director signs it here." in shown.text
    assert 'name="confirmed"' not in shown.text
    assert sign(browser, release_id, protocol()).status_code == 404
    assert signers(database, release_id) == []


def test_a_lesson_is_shown_as_it_was_frozen(browser: Browser, world: World) -> None:
    lessons = frozen_course().manifest["lessons"]
    browser.sign_in(world.tom)
    first = browser.get(f"/releases/{world.release_id}/lessons/{lessons[0]['id']}").text
    assert frozen_course().lessons[0][3] in first
    assert f'/lessons/{lessons[1]["id"]}"' in first
    last = browser.get(f"/releases/{world.release_id}/lessons/{lessons[-1]['id']}").text
    assert "Back to the review" in last


def test_what_is_not_there_or_not_ours_is_not_found(browser: Browser, world: World) -> None:
    lesson = frozen_course().manifest["lessons"][0]["id"]
    urls = [f"/releases/{world.release_id}", f"/releases/{world.release_id}/lessons/{lesson}"]
    assert [browser.sign_in(world.olga).get(url).status_code for url in urls] == [404, 404]
    browser.sign_in(world.mira)
    assert browser.get(f"/releases/{UNKNOWN}").status_code == 404
    assert browser.get(f"/releases/{world.release_id}/lessons/none-such").status_code == 404
    assert sign(browser, UNKNOWN, []).status_code == 404


def test_another_organisations_director_cannot_sign_ours(browser: Browser, world: World, database: Database) -> None:
    release_id = publish(database, world.tom.actor)
    with database.transaction() as session:
        people.give_role(
            session,
            actor=world.olga.actor,
            account_id=world.olga.id,
            role=Role.MEDICAL_DIRECTOR,
            clinic_id=None,
            now=clock.now(),
        )
    browser.sign_in(world.olga)
    assert sign(browser, release_id, protocol()).status_code == 404
    assert sign(browser, release_id, protocol(), "").status_code == 404
    assert signers(database, release_id) == []


@pytest.mark.parametrize("name", ["ann", "max", "eva"])
def test_the_page_is_for_who_answers_for_content(browser: Browser, world: World, name: str) -> None:
    assert browser.get("/releases").status_code == 303
    browser.sign_in(world.people[name])
    assert browser.get("/releases").status_code == 404
    assert browser.get(f"/releases/{world.release_id}").status_code == 404
