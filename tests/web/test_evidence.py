"""What an auditor takes away: the page, the files, what is refused, and that each export is recorded."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.pool import QueuePool

from app import clock
from app.audit.models import Entry, EntryDetail
from app.clock import day_in
from app.db import Database
from app.people import queries
from app.people import service as people
from app.people.models import Organisation
from app.people.permissions import Role
from app.web import evidence_pages
from tests.factories import ZONE, Person, World, assign, certify
from tests.web.conftest import Browser

TODAY = day_in(ZONE, clock.now())
EXPORTS = ("certifications", "trail")
HOSTILE = '=HYPERLINK("http://x.example")'


def url_of(export: str, form: str, as_of: object = TODAY) -> str:
    return f"/evidence/{export}?as_of={as_of}&format={form}"


def rows_of(browser: Browser, export: str, form: str) -> list[dict[str, Any]]:
    page = browser.get(url_of(export, form))
    assert page.status_code == 200
    if form == "jsonl":
        return [json.loads(line) for line in page.text.splitlines()]
    return list(csv.DictReader(io.StringIO(page.data.decode("utf-8-sig"), newline="")))


def recorded(database: Database) -> list[tuple[str, int | None, dict[str, Any]]]:
    with database.session() as session:
        found = session.execute(
            select(Entry.subject, Entry.actor_id, EntryDetail.detail)
            .join(EntryDetail, EntryDetail.entry_id == Entry.id)
            .where(Entry.kind == "export.made")
            .order_by(Entry.recorded_at)
        )
        return [(row[0], row[1], row[2]) for row in found]


def certified(database: Database, world: World, name: str = "Zoe Blum") -> Person:
    """Certify a technician whom this name was given."""
    now = clock.now() - timedelta(hours=2)
    with database.transaction() as session:
        account, _ = people.invite(
            session,
            actor=world.ida.actor,
            email="zoe@lumen.example",
            name=name,
            roles=[(Role.TECHNICIAN, world.riverside)],
            now=now - timedelta(days=1),
        )
        assign(session, world.ida.actor, account.id, now=now - timedelta(hours=1))
        who = Person(name=name, email=account.email, actor=queries.actor_of(session, account))
        certify(session, world, who, now=now)
    return who


def test_the_page_tells_how_much_there_is_and_what_it_means(browser: Browser, world: World, database: Database) -> None:
    certified(database, world)
    page = browser.sign_in(world.ada).get("/evidence").text
    assert "<b>1 certification</b> so far" in page
    for export in EXPORTS:
        for form in ("csv", "jsonl"):
            assert url_of(export, form).replace("&", "&amp;") in page
    assert "score_percent" in page
    assert "It is not a licence" in page or "Not a licence." in page


def test_the_page_tells_of_the_asked_day(browser: Browser, world: World, database: Database) -> None:
    certified(database, world)
    page = browser.sign_in(world.ada).get("/evidence?as_of=2026-01-05").text
    assert "<b>0 certifications</b> as of 5 January 2026" in page
    assert "as_of=2026-01-05&amp;format=csv" in page


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        ("soon", "Enter a day such as 2026-11-22."),
        ("", "Write the day as in 2026-11-22."),
        (TODAY + timedelta(days=1), f"This day has not come yet. Write {TODAY} or a day before it."),
    ],
)
def test_a_day_that_is_none_is_told(browser: Browser, world: World, as_of: object, told: str) -> None:
    page = browser.sign_in(world.ada).get(f"/evidence?as_of={as_of}")
    assert page.status_code == 400
    assert told in page.text
    assert "format=csv" not in page.text


@pytest.mark.parametrize("export", EXPORTS)
def test_a_csv_and_json_lines_tell_the_same(browser: Browser, world: World, database: Database, export: str) -> None:
    certified(database, world)
    browser.sign_in(world.ada)
    exact = rows_of(browser, export, "jsonl")
    cells = rows_of(browser, export, "csv")
    assert len(exact) >= 1
    assert list(exact[0]) == list(cells[0])
    key = "number" if export == "certifications" else "id"
    assert [row[key] for row in cells[: len(exact)]] == [row[key] for row in exact]


@pytest.mark.parametrize(
    ("form", "kind"), [("csv", "text/csv; charset=utf-8"), ("jsonl", "application/jsonl; charset=utf-8")]
)
@pytest.mark.parametrize("export", EXPORTS)
def test_a_file_has_its_name_and_kind(browser: Browser, world: World, export: str, form: str, kind: str) -> None:
    page = browser.sign_in(world.ada).get(url_of(export, form))
    assert page.headers["Content-Disposition"] == f'attachment; filename="fluence-{export}-{TODAY}.{form}"'
    assert page.headers["Content-Type"] == kind
    assert page.headers["Cache-Control"] == "no-store"


def test_a_hostile_name_is_guarded_in_csv_and_exact_in_json_lines(
    browser: Browser, world: World, database: Database
) -> None:
    certified(database, world, HOSTILE)
    browser.sign_in(world.ada)
    assert [row["name"] for row in rows_of(browser, "certifications", "csv")] == [f"'{HOSTILE}"]
    assert [row["name"] for row in rows_of(browser, "certifications", "jsonl")] == [HOSTILE]


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_is_recorded_before_it_is_sent(
    browser: Browser, world: World, database: Database, export: str
) -> None:
    browser.sign_in(world.ada).get(url_of(export, "csv", "2026-02-03"))
    detail = {"what": export, "as_of": "2026-02-03", "format": "csv"}
    assert recorded(database) == [(f"export:{export}", world.ada.id, detail)]
    told = [row for row in rows_of(browser, "trail", "jsonl") if row["kind"] == "export.made"]
    assert [row["detail"]["what"] for row in told] == [export, "trail"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "as_of: Write the day as in 2026-11-22. format: Write csv or jsonl."),
        (f"as_of={TODAY}", "format: Write csv or jsonl."),
        (f"as_of={TODAY}&format=xlsx", "format: Write csv or jsonl."),
        ("as_of=2026-13-01&format=csv", "as_of: Enter a day such as 2026-11-22."),
        ("as_of=9999-12-31&format=csv", "as_of: This day has not come yet."),
    ],
)
@pytest.mark.parametrize("export", EXPORTS)
def test_wrong_parameters_are_told_with_what_to_write(
    browser: Browser, world: World, database: Database, export: str, query: str, told: str
) -> None:
    page = browser.sign_in(world.ada).get(f"/evidence/{export}?{query}")
    assert page.status_code == 400
    assert told in page.text
    assert recorded(database) == []


@pytest.mark.parametrize("export", EXPORTS)
def test_the_first_day_of_all_is_empty_and_no_fault(browser: Browser, world: World, export: str) -> None:
    assert browser.sign_in(world.ada).get(url_of(export, "jsonl", "0001-01-01")).data == b""


def test_demo_is_said_in_the_name_and_in_every_row(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        session.get_one(Organisation, world.organisation_id).is_demo = True
    browser.sign_in(world.ada)
    name = browser.get(url_of("trail", "csv")).headers["Content-Disposition"]
    assert name == f'attachment; filename="DEMO-fluence-trail-{TODAY}.csv"'
    assert {row["demo"] for row in rows_of(browser, "trail", "csv")} == {"DEMO"}
    assert "DEMO</b> stands in the name of each file" in browser.get("/evidence").text


def test_another_organisations_auditor_gets_only_its_own(browser: Browser, world: World, database: Database) -> None:
    certified(database, world)
    with database.transaction() as session:
        people.give_role(
            session,
            actor=world.olga.actor,
            account_id=world.olga.id,
            role=Role.AUDITOR,
            clinic_id=None,
            now=clock.now(),
        )
    browser.sign_in(world.olga)
    assert rows_of(browser, "certifications", "jsonl") == []
    people_told = {row["account"] for row in rows_of(browser, "trail", "jsonl")}
    assert people_told <= {None, world.olga.id}


@pytest.mark.parametrize("url", ["/evidence", url_of("trail", "csv"), url_of("certifications", "jsonl")])
def test_only_an_auditor_may(browser: Browser, world: World, database: Database, url: str) -> None:
    assert browser.get(url).status_code == 303
    for name in ("ann", "max", "eva", "mira", "tom", "ida", "olga"):
        assert browser.sign_in(world.people[name]).get(url).status_code == 404
    assert recorded(database) == []


def test_too_many_exports_are_refused(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_pages, "PER_PERSON", "2 per hour")
    browser.sign_in(world.ada)
    assert [browser.get(url_of("trail", "csv")).status_code for _ in range(3)] == [200, 200, 429]


def test_a_download_that_is_broken_off_leaves_nothing_open(browser: Browser, world: World, database: Database) -> None:
    page = browser.sign_in(world.ada).get(url_of("trail", "csv"), buffered=False)
    assert next(iter(page.response))
    page.close()
    assert isinstance(database.engine.pool, QueuePool)
    assert database.engine.pool.checkedout() == 0
