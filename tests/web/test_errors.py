"""Every error as a page that says what to do: no stack trace, no person in the log, the same headers everywhere."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask

from app.db import Database
from app.web.frame import HEADERS
from tests.factories import World
from tests.web.conftest import Browser
from tests.web.page import Page
from tests.web.sitting import item_url, start

PAGES = ("/sign-in", "/verify", "/verify/hello", "/", "/account", "/nowhere", "/static/mark.svg", "/static/nothing.css")


def test_an_unknown_address_says_so(browser: Browser, world: World) -> None:
    for who in (browser, browser.sign_in(world.ann)):
        page = who.page("/no-such-page", status=404)
        assert page.h1 == ["There is no such page"]
        assert "Check the address." in page.text


@pytest.mark.parametrize("method", ["put", "patch", "delete", "post"])
def test_a_wrong_method_says_which_is_right(browser: Browser, world: World, method: str) -> None:
    answer = getattr(browser.sign_in(world.ann), method)("/account")
    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].replace(" ", "").split(","))
    assert "use the page's buttons" in Page(answer.text).text


def test_a_form_that_is_too_large_is_refused(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.ann).send("/sign-out", more="x" * 300_000)
    assert (answer.status_code, Page(answer.text).h1) == (413, ["This is too large"])
    assert browser.get("/account").status_code == 200


def test_too_many_fields_are_refused(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    fields = {f"field{number}": "x" for number in range(2000)}
    assert browser.sign_in(world.ann).send(item_url(attempt_id, 1), **fields).status_code in {303, 413}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"choice": "a"}', "application/json"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"--x\r\nnot a form", "multipart/form-data; boundary=x"),
        (b"choice=a", "text/plain"),
        (b"", "multipart/form-data"),
    ],
)
def test_a_body_of_another_kind_is_refused(
    browser: Browser, world: World, database: Database, data: bytes, kind: str
) -> None:
    attempt_id = start(database, world.ann.actor)
    answer = browser.sign_in(world.ann).post(item_url(attempt_id, 1), data=data, content_type=kind)
    assert (answer.status_code, Page(answer.text).h1) == (400, ["This request was not understood"])


def test_a_strange_host_is_refused(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.ann).get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_a_script_gets_json(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    asked = {"X-Fluence": "fragment"}
    for path, code in (("/attempts/1/items/1", 404), ("/account", 405), ("/nowhere", 404)):
        answer = browser.post(path, data={"csrf_token": browser.token()}, headers=asked)
        assert (answer.status_code, answer.mimetype) == (code, "application/json")
        assert set(answer.get_json()) == {"error", "goto"}


def test_every_answer_carries_the_same_guards(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    browser.sign_in(world.ann)
    answers = [browser.get(path) for path in PAGES]
    answers += [
        browser.fetch(item_url(attempt_id, 1), choice="z"),
        browser.post("/sign-out"),
        browser.send("/sign-out"),
    ]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, answer.request.path
        assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "Server" not in answer.headers


def test_what_a_person_sees_is_not_kept_by_caches(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    for path in ("/", "/account", "/courses/skin-tightening", "/nowhere", "/static/nothing.css"):
        answer = browser.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "Cookie" in answer.headers["Vary"]
    assert "max-age=31536000" in browser.get("/static/mark.svg").headers["Cache-Control"]


@pytest.mark.parametrize("table", ["sign_in", "account", "rate_window", "certification"])
def test_a_database_that_is_half_there_is_told_plainly(
    plain: Browser, world: World, database: Database, table: str
) -> None:
    plain.sign_in(world.ann)
    with database.engine.begin() as connection:
        connection.execute(sa.text("PRAGMA foreign_keys=OFF"))
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO gone"))
    seen = [plain.get(path) for path in ("/", "/verify/0000-0000-0000-00000", "/courses/skin-tightening")]
    assert {answer.status_code for answer in seen} <= {200, 303, 404, 503}
    assert 503 in {answer.status_code for answer in seen}
    for answer in seen:
        assert not any(word in answer.text for word in ("Traceback", "sqlite", "SELECT", "gone"))


def test_a_fault_in_the_code_is_answered_with_a_number(
    plain: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise RuntimeError("a secret detail")

    monkeypatch.setitem(plain.application.view_functions, "account.show", broken)
    answer = plain.sign_in(world.ann).get("/account")
    page = Page(answer.text)
    assert (answer.status_code, page.h1) == (500, ["Something went wrong on our side"])
    assert answer.headers["X-Request-Id"] in page.text
    assert "secret detail" not in answer.text


def test_the_log_names_no_person(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start(database, world.ann.actor)
    written = StringIO()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(written),
        cache_logger_on_first_use=False,
    )
    try:
        browser.send("/sign-in", email=world.ann.email, password="wrong-horse-battery")
        browser.sign_in(world.ann).get(f"/attempts/{attempt_id}/items/1?name=Ann+Berg")
        browser.get("/verify?number=1234")
        browser.get("/links/some-token")
    finally:
        structlog.reset_defaults()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["route"] for line in requests] == [
        "/sign-in",
        "/attempts/<id:attempt_id>/items/<place:position>",
        "/verify",
        "/links/<string:token>",
    ]
    assert all({"request_id", "method", "route", "status", "ms"} <= line.keys() for line in requests)
    assert not any(
        word in written.getvalue() for word in ("ann@", "Ann", "wrong-horse", "some-token", "1234", "127.0.0.1")
    )


def test_the_site_tells_machines_how_it_is(browser: Browser) -> None:
    assert browser.get("/healthz").get_json() == {"status": "ok"}
    assert browser.get("/readyz").get_json() == {"status": "ok"}


def test_an_unmigrated_database_is_not_ready(plain: Browser, database: Database, tmp_path: Path) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    answer = plain.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unready")
    assert "fluence db upgrade" in answer.get_json()["why"]
    database.engine.dispose()
    plain.application.extensions["fluence.database"] = Database(f"sqlite:///{tmp_path}")
    answer = plain.get("/readyz")
    assert (answer.status_code, answer.get_json()["why"]) == (503, "the database does not answer")
    assert plain.get("/healthz").status_code == 200


@pytest.fixture
def plain(site: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """A browser of a site that hides its faults, as an installation does."""
    monkeypatch.setitem(site.config, "PROPAGATE_EXCEPTIONS", None)
    monkeypatch.setattr(site, "testing", False)
    return browser
