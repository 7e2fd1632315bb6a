"""The table of who gets what: complete over the site's map, a denied call changes nothing, and unknown is not-yours."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import cast

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db import Database
from tests.databases import Databases
from tests.web.conftest import Browser, over, statements, stored
from tests.web.full_world import FullWorld, make_full_world
from tests.web.page import scrubbed
from tests.web.table import ROLES, TABLE, UNKNOWN, Row

TEMPLATE = "full_world"
MOST_QUERIES = 6
SAYS_ANOTHER = {"X-Request-Id", "Set-Cookie", "Content-Length"}
Fresh = Callable[[], Browser]

pages = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.endpoint)


@pytest.fixture
def full(databases: Databases) -> FullWorld:
    """What is in the site: values, the same for every test."""
    return databases.template("sqlite", TEMPLATE, make_full_world)


@pytest.fixture
def fresh(full: FullWorld, databases: Databases, wired: Flask) -> Iterator[Fresh]:
    """Give a function that puts the site over a new copy of everything, and returns a browser."""
    assert full.names
    with ExitStack() as stack:

        def make() -> Browser:
            stack.close()
            return cast("Browser", stack.enter_context(over(wired, databases, "sqlite", TEMPLATE)).test_client())

        yield make


def test_every_page_stands_in_the_table(wired: Flask) -> None:
    there = {
        (rule.endpoint, method)
        for rule in wired.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(row.endpoint, row.method) for row in TABLE} == there


def test_the_table_leads_to_the_pages_that_it_names(wired: Flask, full: FullWorld) -> None:
    site = wired.url_map.bind("localhost")
    for row in TABLE:
        path = row.url(full.names).split("?", maxsplit=1)[0]
        assert site.match(path, method=row.method)[0] == row.endpoint


@pages
def test_each_role_gets_what_the_table_says(row: Row, fresh: Fresh, full: FullWorld) -> None:
    browser = fresh()
    before = stored(database_of(browser))
    refused = {role for role, status in zip(ROLES, row.statuses, strict=True) if is_refusal(role, status)}
    found = {role: status_for(browser, row, full, role) for role in ROLES if role in refused}
    assert stored(database_of(browser)) == before, "who may not changed something"
    for role in ROLES:
        if role not in refused:
            # A form that somebody may send does something; the next one finds everything as it was.
            browser = fresh() if row.method == "POST" else browser
            found[role] = status_for(browser, row, full, role)
    assert [found[role] for role in ROLES] == list(row.statuses), ROLES


@pytest.mark.parametrize("row", [row for row in TABLE if row.about], ids=lambda row: row.endpoint)
def test_unknown_and_not_yours_are_the_same_page(row: Row, fresh: Fresh, full: FullWorld) -> None:
    browser = fresh()
    for role, status in zip(ROLES, row.statuses, strict=True):
        if role == "stranger" and status == 303:
            continue  # whoever is not signed in is asked to, whatever the address
        become(browser, full, role)
        nobodys = request(browser, row, full.names | UNKNOWN)
        assert nobodys.status_code == 404, role
        if status == 404:
            assert as_sent(request(browser, row, full.names)) == as_sent(nobodys), role


@pytest.mark.parametrize("row", [row for row in TABLE if row.method == "POST"], ids=lambda row: row.endpoint)
def test_a_form_without_its_token_changes_nothing(row: Row, fresh: Fresh, full: FullWorld) -> None:
    browser = fresh()
    role = max(ROLES, key=lambda role: row.statuses[ROLES.index(role)] != 404 and role != "stranger")
    become(browser, full, role)
    before = stored(database_of(browser))
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 80}):
        answer = browser.post(row.url(full.names), data={**row.fields(full.names), **token})
        assert (answer.status_code, "This form was open for too long" in answer.text) == (400, True)
    assert stored(database_of(browser)) == before


def is_refusal(role: str, status: int) -> bool:
    """Return whether a status says that somebody may not."""
    return status in (401, 404) or (role == "stranger" and status == 303)


def status_for(browser: Browser, row: Row, full: FullWorld, role: str) -> int:
    """Return what a role is answered; a page takes few queries, whoever reads it."""
    become(browser, full, role)
    with statements(database_of(browser)) as asked:
        answer = request(browser, row, full.names)
    if row.method == "GET" and answer.mimetype == "text/html":
        assert len(asked) <= MOST_QUERIES, "\n".join([role, *asked])
    return answer.status_code


def become(browser: Browser, full: FullWorld, role: str) -> None:
    """Sign in as somebody, or as nobody."""
    with browser.session_transaction() as cookie:
        cookie.clear()
        if role != "stranger":
            cookie["_user_id"] = full.tokens[role]


def request(browser: Browser, row: Row, names: dict[str, str]) -> TestResponse:
    """Ask for a page as it is asked: read, or with its form."""
    if row.method == "GET":
        return browser.get(row.url(names))
    return browser.send(row.url(names), **row.fields(names))


def as_sent(answer: TestResponse) -> tuple[int, str, list[tuple[str, str]]]:
    """Return an answer as it went over the line, but for what differs each time."""
    headers = [(name, value) for name, value in answer.headers if name not in SAYS_ANOTHER]
    return answer.status_code, scrubbed(answer.text), headers


def database_of(browser: Browser) -> Database:
    """Return the database behind a browser's site."""
    return cast("Database", browser.application.extensions["fluence.database"])
