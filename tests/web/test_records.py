"""The training record's page and files: one's own to take along, those of others once the reading is noted."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from app import clock
from app.certification.changing import Change, change_certification
from app.certification.lifecycle import EventKind
from app.certification.queries import held_by
from app.clock import day_in
from app.db import Database
from app.reports.record_values import TrainingRecord
from tests.factories import ZONE, World, certify
from tests.integration.accommodated import grant as accommodate
from tests.pdf_text import pages_of
from tests.web.conftest import Browser


@pytest.fixture(autouse=True)
def certified(database: Database, world: World) -> str:
    """Ann is certified since two days; return the number."""
    with database.transaction() as session:
        return certify(session, world, world.ann, now=clock.now() - timedelta(days=2)).number


def opened(browser: Browser, world: World) -> str:
    """Open Ann's record as whoever is signed in, through the question before it; return the page."""
    before = browser.page(f"/technicians/{world.ann.id}/record")
    form = next(one for one in before.forms if one.action.split("?")[0].endswith("/record/readings"))
    answer = browser.post(form.action, data=form.fields)
    assert answer.status_code == 303
    return browser.get(answer.location).text


def test_a_technician_reads_her_own_record(browser: Browser, world: World, certified: str) -> None:
    page = browser.sign_in(world.ann).get("/record").text
    assert all(text in page for text in ("Your training record", certified, "Current", "Eva Lund", "100%, passed"))
    assert "Not a licence." in page
    assert "Nobody but the person read it by this day." in page
    assert 'href="/record.pdf?' in page


def test_her_account_leads_to_it(browser: Browser, world: World) -> None:
    assert "/record" in browser.sign_in(world.ann).page("/account").links


def test_a_manager_is_told_first_that_the_reading_is_noted(browser: Browser, world: World, certified: str) -> None:
    browser.sign_in(world.max)
    assert f"/technicians/{world.ann.id}/record" in browser.page(f"/technicians/{world.ann.id}").links
    before = browser.get(f"/technicians/{world.ann.id}/record").text
    assert "Ann Berg sees your name and the time" in before
    assert certified not in before
    page = opened(browser, world)
    assert certified in page
    assert "It is noted that you read this record today." in page
    assert certified in browser.get(f"/technicians/{world.ann.id}/record").text
    assert "Max Keller" in browser.sign_in(world.ann).get("/record").text


@pytest.mark.parametrize("ending", ["json", "pdf"])
def test_no_file_goes_before_the_reading_is_noted(browser: Browser, world: World, ending: str) -> None:
    browser.sign_in(world.ada)
    url = f"/technicians/{world.ann.id}/record.{ending}"
    refused = browser.get(url)
    assert (refused.status_code, urlsplit(refused.location).path) == (303, f"/technicians/{world.ann.id}/record")
    opened(browser, world)
    assert browser.get(url).status_code == 200


def test_the_json_is_a_record_of_the_schema(browser: Browser, world: World, certified: str) -> None:
    answer = browser.sign_in(world.ann).get("/record.json")
    record = TrainingRecord.model_validate_json(answer.data, strict=True)
    assert [one.number for one in record.certifications] == [certified]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="training-record-Ann-Berg-')
    assert answer.mimetype == "application/json"
    assert json.loads(answer.data)["kind"] == "fluence-training-record/1"


def test_the_pdf_says_what_the_page_says(browser: Browser, world: World, certified: str) -> None:
    answer = browser.sign_in(world.ann).get("/record.pdf")
    text = "".join(pages_of(answer.data)).replace("\n", " ")
    assert answer.mimetype == "application/pdf"
    assert all(told in text for told in (certified, "Ann Berg", "Eva Lund", "Not a licence", "Page 1 of", "Current"))
    assert "DEMO" not in text


def test_both_days_stand_in_the_address(browser: Browser, world: World, certified: str) -> None:
    browser.sign_in(world.ann)
    today = day_in(ZONE, clock.now())
    before = today - timedelta(days=5)
    page = browser.get(f"/record?as_of={before}&known_on={today}").text
    assert certified not in page
    assert "No certification by this day." in page
    assert f"/record.pdf?as_of={before}&amp;known_on={today}" in page
    assert certified in browser.get(f"/record?as_of={today}").text
    assert certified not in browser.get(f"/record?as_of={today}&known_on={before}").text


@pytest.mark.parametrize(
    "query", ["as_of=2999-01-01", "as_of=x", "known_on=2999-01-01", "known_on=", "as_of=0000-00-00"]
)
def test_a_day_that_nobody_can_mean_is_told(browser: Browser, world: World, query: str) -> None:
    browser.sign_in(world.ann)
    assert "This day was not understood" in browser.page(f"/record?{query}", status=400).text
    for ending in ("json", "pdf"):
        assert browser.get(f"/record.{ending}?{query}").status_code == 400
    assert browser.get("/record?as_of=0001-01-01").status_code == 200


def test_what_was_granted_for_fair_exams_is_left_out_of_what_goes_to_another_employer(
    browser: Browser, world: World, database: Database
) -> None:
    with database.transaction() as session:
        accommodate(session, world, now=clock.now(), day=day_in(ZONE, clock.now()))
    page = browser.sign_in(world.ann).page("/record")
    assert "Confirmed by the clinic" in page.text
    files = [link for link in page.links if link.startswith(("/record.pdf", "/record.json"))]
    assert [("accommodations=no" in link) for link in files] == [True, True, False]
    texts = ["".join(pages_of(browser.get(link).data)) for link in (files[0], files[2])]
    assert ["Confirmed by the clinic" in text.replace("\n", " ") for text in texts] == [False, True]
    assert browser.get(files[1]).get_json()["accommodations"] is None


def test_an_auditor_sees_no_accommodation(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        accommodate(session, world, now=clock.now(), day=day_in(ZONE, clock.now()))
    page = opened(browser.sign_in(world.ada), world)
    assert "Confirmed by the clinic" not in page
    assert "Left out here." in page


def test_text_that_looks_like_markup_is_shown_as_text(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        held = held_by(session, world.organisation_id, [world.ann.id])[world.ann.id][0]
        change_certification(
            session,
            actor=world.mira.actor,
            certification_id=held.certification.id,
            change=Change(
                kind=EventKind.SUSPENDED,
                effective_on=day_in(ZONE, clock.now()),
                reason_code="adverse_event",
                reason="<script>alert(1)</script> #panic() =1+1",
            ),
            now=clock.now(),
        )
    browser.sign_in(world.ann)
    page = browser.get("/record").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "#panic() =1+1" in "".join(pages_of(browser.get("/record.pdf").data)).replace("\n", " ")
