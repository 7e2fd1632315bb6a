"""Statistics pages: what an author reads, what is kept back, filters and orders in the address, files, who may."""

import csv
import io
import json
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.models import Entry, EntryDetail
from app.cli.demo_story import sit
from app.clock import now as clock_now
from app.db import Database
from app.people.models import Account, Organisation
from app.web import statistics_pages
from tests.factories import COURSE, World, make_world
from tests.simulated import simulate
from tests.web.conftest import Browser

PAGE = f"/statistics/{COURSE}"
PAPERS = 120


def make_sat_world(database: Database) -> World:
    """Fill a database with the people of the house, and many papers that were sat."""
    world = make_world(database)
    with database.transaction() as session:
        simulate(session, world.ben.id, world.release_id, PAPERS)
    return world


sat = pytest.mark.parametrize("make", [make_sat_world], ids=["sat"])


def shown_ids(browser: Browser, address: str) -> list[str]:
    """Return the questions of a page of the list, in order."""
    start = f"{PAGE}/items/"
    links = browser.page(address).links
    return [one.removeprefix(start).split("?")[0] for one in links if one.startswith(start)]


def test_nobody_has_sat_it_yet(browser: Browser, world: World) -> None:
    browser.sign_in(world.tom)
    assert "Nobody sat it yet" in browser.page("/statistics").text
    page = browser.page(PAGE)
    assert "Nobody has sat this edition yet." in page.text
    assert "alpha" not in page.text.split("How each figure is made", maxsplit=1)[0]


def test_fewer_than_ten_sittings_are_told_without_a_figure(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        sit(session, world.ben.actor, course_id=COURSE, at=clock_now(), right=True)
    browser.sign_in(world.mira)
    assert "1 paper" in browser.page("/statistics").text
    page = browser.page(PAGE)
    assert "Fewer than 10 sittings: figures are not shown yet." in page.text
    source = browser.get(PAGE).text
    assert 'class="impact"' not in source
    assert 'class="plot"' not in source
    assert "/items/" not in source
    assert not any("figures" in link for link in page.links)


@sat
def test_an_author_reads_the_exam_and_its_questions(browser: Browser, world: World) -> None:
    browser.sign_in(world.tom)
    page = browser.page(PAGE)
    assert f"Edition 2026.1: {PAPERS} papers" in page.text
    for told in ("passed", "mean score", "alpha", "standard error", "same decision", "n = 120"):
        assert told in page.text, told
    source = browser.get(PAGE).text
    assert source.count('role="img"') == 2
    assert source.count("<desc ") == 2
    assert "16 needed" in source


@sat
def test_flagged_questions_come_first_and_orders_stand_in_the_address(browser: Browser, world: World) -> None:
    browser.sign_in(world.tom)
    rows = [row for row in browser.get(PAGE).text.split("<tr ") if "/items/" in row]
    flagged = ['class="flags"' in row for row in rows]
    assert flagged == sorted(flagged, reverse=True)
    assert any(flagged)
    orders = {sort: shown_ids(browser, f"{PAGE}?sort={sort}") for sort in statistics_pages.SORTS}
    assert orders["flagged"] == shown_ids(browser, PAGE)
    assert orders["item"] == sorted(orders["item"])
    assert len({tuple(found) for found in orders.values()}) == len(orders)
    assert shown_ids(browser, f"{PAGE}?sort=nonsense&by=nonsense&flag=nonsense") == orders["flagged"]


@sat
def test_a_flag_shows_only_its_questions(browser: Browser, world: World) -> None:
    browser.sign_in(world.tom)
    page = browser.get(f"{PAGE}?flag=negative").text
    table = page.split('class="table"')[2]
    assert table.count("/items/") == table.count("Negative discrimination") > 0


@sat
def test_a_list_has_pages_that_keep_the_order(browser: Browser, world: World) -> None:
    browser.sign_in(world.tom)
    first, second = (shown_ids(browser, f"{PAGE}?sort=item&page={page}") for page in (1, 2))
    assert len(first) == statistics_pages.PAGE_SIZE
    assert first + second == sorted(first + second)
    assert any("sort=item&page=2" in link for link in browser.page(f"{PAGE}?sort=item").links)
    browser.page(f"{PAGE}?page=99", status=404)
    browser.page(f"{PAGE}?page=x", status=404)
    browser.page(f"{PAGE}?release=x", status=404)


@sat
@pytest.mark.parametrize(("by", "told"), [("families", "Statements"), ("facts", "statements/fct-013-blisters")])
def test_families_and_facts_are_told_together(browser: Browser, world: World, by: str, told: str) -> None:
    page = browser.sign_in(world.tom).page(f"{PAGE}?by={by}")
    assert told in page.text
    assert "Variants equally hard" in page.text


@sat
def test_a_question_shows_its_key_and_what_was_chosen(browser: Browser, world: World) -> None:
    browser.sign_in(world.mira)
    item = shown_ids(browser, f"{PAGE}?sort=exposure")[0]
    page = browser.page(f"{PAGE}/items/{item}")
    for told in ("Right answer", "What was chosen", "Variants", "right", "discrimination", f"Question {item}"):
        assert told in page.text, told
    variant = next(link for link in page.links if "variant=" in link)
    assert browser.page(variant).title.startswith("Question")
    # A medical director signs cases, an author opens them.
    assert not [link for link in page.links if link.startswith("/cases/new?")]
    page = browser.sign_in(world.tom).page(f"{PAGE}/items/{item}")
    [opening] = [link for link in page.links if link.startswith("/cases/new?item=")]
    assert "/cases/new" in [form.action for form in browser.page(opening).forms]
    browser.sign_in(world.mira)
    browser.page(f"{PAGE}/items/statement/statements/nothing", status=404)


@sat
def test_no_person_is_named(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ida)
    with database.session() as session:
        names = [name for name in session.scalars(select(Account.name)) if name != world.ida.name]
    item = shown_ids(browser, PAGE)[0]
    for address in ("/statistics", PAGE, f"{PAGE}?by=facts", f"{PAGE}/items/{item}", f"{PAGE}/figures?format=jsonl"):
        text = browser.get(address).text
        assert [name for name in names if name in text] == [], address


@sat
def test_a_csv_and_json_lines_tell_the_same_and_leave_an_entry(
    browser: Browser, world: World, database: Database
) -> None:
    browser.sign_in(world.tom)
    exact = [json.loads(line) for line in browser.get(f"{PAGE}/figures?format=jsonl").text.splitlines()]
    answer = browser.get(f"{PAGE}/figures?format=csv")
    cells = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert len(exact) == len(cells) > 1000
    assert [row["subject"] for row in exact] == [row["subject"] for row in cells]
    assert all(row["value"] is None for row in exact if row["n"] < 10)
    name = f"fluence-statistics-{COURSE}-2026.1.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    detail = {"what": "statistics", "release": world.release_id}
    assert recorded(database) == [(world.tom.id, {**detail, "format": form}) for form in ("jsonl", "csv")]


def recorded(database: Database) -> list[tuple[int | None, dict[str, Any]]]:
    with database.session() as session:
        rows = session.execute(
            select(Entry.actor_id, EntryDetail.detail)
            .join(EntryDetail, EntryDetail.entry_id == Entry.id)
            .where(Entry.kind == "export.made", Entry.subject == "export:statistics")
            .order_by(Entry.recorded_at)
        )
        return [(row[0], row[1]) for row in rows]


def test_a_demo_says_so_in_the_files_name(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        session.get_one(Organisation, world.organisation_id).is_demo = True
    answer = browser.sign_in(world.tom).get(f"{PAGE}/figures?format=csv")
    assert f"DEMO-fluence-statistics-{COURSE}" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "query", ["", "?format=", "?format=xlsx", "?format=csv&release=999999", "?format=csv&release=x"]
)
def test_a_file_that_is_none_is_not_found(browser: Browser, world: World, database: Database, query: str) -> None:
    assert browser.sign_in(world.tom).get(f"{PAGE}/figures{query}").status_code == 404
    assert recorded(database) == []


def test_too_many_files_are_refused(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_pages, "PER_PERSON", "2 per hour")
    browser.sign_in(world.tom)
    assert [browser.get(f"{PAGE}/figures?format=csv").status_code for _ in range(3)] == [200, 200, 429]


@sat
def test_the_review_of_a_release_leads_there(browser: Browser, world: World) -> None:
    address = f"/releases/{world.release_id}"
    link = f"{PAGE}?release={world.release_id}"
    assert link in browser.sign_in(world.tom).page(address).links
    assert browser.page(link).h1 == browser.page(PAGE).h1
    assert link not in browser.sign_in(world.ada).page(address).links


@sat
def test_another_organisation_and_who_may_not_find_nothing(browser: Browser, world: World) -> None:
    item = shown_ids(browser.sign_in(world.tom), PAGE)[0]
    for person in (world.olga, world.ann, world.max, world.ada):
        browser.sign_in(person)
        for address in (
            PAGE,
            f"{PAGE}?release={world.release_id}",
            f"{PAGE}/items/{item}",
            f"{PAGE}/figures?format=csv",
        ):
            assert browser.get(address).status_code == 404, (person.name, address)
    assert "No course is signed yet." in browser.sign_in(world.olga).page("/statistics").text
