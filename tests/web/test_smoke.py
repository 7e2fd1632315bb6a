"""Every page on PostgreSQL too, a whole sitting on both engines, and what nobody sends by hand."""

from collections.abc import Iterator
from typing import cast

import pytest
from flask import Flask

from app import clock
from app.db import Database
from tests.databases import ENGINES, Databases, EngineName
from tests.factories import World, observe, read_lessons
from tests.web.conftest import Browser, over
from tests.web.full_world import FullWorld, make_full_world
from tests.web.row import ROLES, Row
from tests.web.sitting import EXAM, item_url, paper_of, right
from tests.web.table import TABLE

HUGE = "9" * 18  # the longest id that is read as one; no table holds it, and some columns could not
ODD_PARTS = ("0", "-1", HUGE, "9" * 40, "%D9%A1", "a%00b", "%FF%FE", "x" * 3000, "..%2F")
ODD_TEXTS = ("a\x00b", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 3000, "\u202e", HUGE, "-1")
REFUSALS = {303, 308, 400, 404, 405, 409, 422, 429}
ASKED = {
    "ida": (
        "/board?state={odd}",
        "/board?clinic={odd}",
        "/board?certification={odd}",
        "/board?name={odd}",
        "/people?clinic={odd}",
        "/people?name={odd}",
        "/people?page={odd}",
        "/assignments/new?clinic={odd}",
        "/assignments/new?person={odd}",
    ),
    "ada": (
        "/evidence?as_of={odd}",
        "/evidence/trail?as_of=2026-01-01&format={odd}",
        "/evidence/certifications?as_of={odd}&format=csv",
    ),
    "ann": ("/record?as_of={odd}", "/record.json?known_on={odd}", "/record.pdf?as_of={odd}"),
    "tom": ("/cases/new?item={odd}", "/cases/new?text={odd}", "/cases/new?appeal={odd}"),
    "stranger": ("/verify?number={odd}", "/sign-in?next={odd}"),
}


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    """Run the test once on each engine."""
    return cast("EngineName", request.param)


@pytest.fixture
def full(engine_name: EngineName, databases: Databases) -> FullWorld:
    """What is in the site."""
    return databases.template(engine_name, "full_world", make_full_world)


@pytest.fixture
def visitor(engine_name: EngineName, full: FullWorld, databases: Databases, wired: Flask) -> Iterator[Browser]:
    """A browser of a site with a year in it."""
    assert full.names
    with over(wired, databases, engine_name, "full_world") as site:
        yield cast("Browser", site.test_client())


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_every_page_answers(visitor: Browser, full: FullWorld) -> None:
    pages = [row for row in TABLE if row.method == "GET"]
    for role in ROLES:
        become(visitor, full, role)
        found = {row.endpoint: visitor.get(row.url(full.names)).status_code for row in pages}
        assert found == {row.endpoint: row.statuses[ROLES.index(role)] for row in pages}, role


def test_a_sitting_leads_to_a_certification(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
        observe(session, world.eva.actor, world.ann.id, now=clock.now())
    browser.sign_in_by_form(world.ann)
    attempt_id = int(browser.send(EXAM, declared="yes").location.split("/")[2])
    for asked in paper_of(database, attempt_id):
        browser.fetch(item_url(attempt_id, asked.position), **right(asked))
    result = browser.page(browser.send(f"/attempts/{attempt_id}/submit").location)
    number = next(link for link in result.links if link.startswith("/verify/"))
    assert browser.page(number).h1 == ["Current"]
    assert browser.get("/").text.count(number) >= 1


def test_odd_addresses_are_answered(visitor: Browser, full: FullWorld) -> None:
    visitor.judges = False
    for row in TABLE:
        become(visitor, full, may(row))
        for path in odd_paths(row, full.names):
            answer = visitor.get(path) if row.method == "GET" else visitor.send(path, **row.fields(full.names))
            assert answer.status_code in {200, *REFUSALS}, path


def test_odd_forms_are_answered(visitor: Browser, full: FullWorld) -> None:
    visitor.judges = False
    for row in TABLE:
        for name in (name for name in row.form if name != "email" or row.endpoint != "account.sign_in"):
            become(visitor, full, may(row))
            for odd in ODD_TEXTS:
                fields = {**row.fields(full.names), name: odd}
                assert visitor.send(row.url(full.names), **fields).status_code in {200, *REFUSALS}, (row, name, odd)


def test_odd_questions_are_answered(visitor: Browser, full: FullWorld) -> None:
    visitor.judges = False
    for role, addresses in ASKED.items():
        become(visitor, full, role)
        for odd in (*ODD_PARTS, "1", "2026-02-30", "9999-12-31", "0001-01-01", "+", "%2B", "a%0Ab"):
            for address in addresses:
                url = address.format(odd=odd)
                assert visitor.get(url).status_code in {200, *REFUSALS}, url


def may(row: Row) -> str:
    """Return a role that gets beyond the door of a page."""
    return next(role for role, status in zip(ROLES[1:], row.statuses[1:], strict=True) if status != 404)


def become(browser: Browser, full: FullWorld, role: str) -> None:
    """Sign in as somebody, or as nobody."""
    with browser.session_transaction() as cookie:
        cookie.clear()
        if role != "stranger":
            cookie["_user_id"] = full.tokens[role]


def odd_paths(row: Row, names: dict[str, str]) -> Iterator[str]:
    """Yield a page's address with one part after the other made odd, of those that are no words of its own."""
    parts = row.path.split("?", maxsplit=1)[0].split("/")
    for index, part in enumerate(parts):
        if "{" in part or part.isdecimal():
            for odd in ODD_PARTS:
                yield "/".join([*parts[:index], odd, *parts[index + 1 :]]).format_map(names)
