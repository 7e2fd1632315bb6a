"""Certificates from outside: uploading one, the file as an attachment, and the director's decision."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import clock
from app.clock import day_in
from app.db import Database
from app.learning.evidence_models import OutsideEvidence
from app.learning.sniffing import LARGEST_FILE
from tests.factories import COURSE, PASSWORD, ZONE, World, observe, read_lessons
from tests.integration.outside import pdf, png, upload
from tests.web.conftest import Browser

TODAY = day_in(ZONE, clock.now())


def send(browser: Browser, url: str, data: bytes = b"", name: str = "proof.pdf", **more: str) -> TestResponse:
    """Send the form with a file."""
    fields = {
        "issuer": "Laser School Zurich",
        "title": "Laser tightening",
        "number": "LSZ-17",
        "issued_on": (TODAY - timedelta(days=30)).isoformat(),
        **more,
    }
    return post(browser, url, {"csrf_token": browser.token(), **fields}, data or pdf(), name)


def post(browser: Browser, url: str, fields: dict[str, str], data: bytes, name: str) -> TestResponse:
    """Send a form with a file; written by hand, as the test client leaves large ones open."""
    parts = [(f'name="{field}"', value.encode()) for field, value in fields.items()]
    parts.append((f'name="file"; filename="{name}"', data))
    body = b"".join(
        b"--edge\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), value) for head, value in parts
    )
    return browser.post(url, data=body + b"--edge--\r\n", content_type="multipart/form-data; boundary=edge")


def uploaded(database: Database, world: World) -> int:
    """Let Ann have uploaded one; return its id."""
    with database.transaction() as session:
        return upload(session, world, now=clock.now()).id


def test_a_technician_uploads_her_certificate(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    assert "/outside-evidence" in browser.page("/account").links
    assert "Never upload anything about a client" in browser.get("/outside-evidence").text
    answer = send(browser, "/outside-evidence")
    assert (answer.status_code, answer.location) == (303, "/outside-evidence")
    page = browser.get("/outside-evidence").text
    assert all(text in page for text in ("Laser School Zurich", "LSZ-17", "Nobody has decided yet."))


def test_a_manager_uploads_for_her(browser: Browser, world: World) -> None:
    browser.sign_in(world.max)
    url = f"/technicians/{world.ann.id}/outside-evidence"
    assert url in browser.page(f"/technicians/{world.ann.id}").links
    assert send(browser, url, png(), "x.exe").status_code == 303
    assert "by Max Keller" in browser.get(url).text
    assert send(browser, f"/technicians/{world.ben.id}/outside-evidence").status_code == 404


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"MZ\x90\x00 not a certificate", "Upload a PDF, JPG or PNG file"),
        (pdf(b"<</OpenAction<</S/JavaScript/JS(1)>>>>"), "This PDF can act by itself"),
        (png(after=b"PK\x05\x06" + b"\0" * 18), "also something else"),
        (pdf() + b"\n" * LARGEST_FILE, "larger than 10 MB"),
    ],
)
def test_what_is_no_certificate_is_refused(
    browser: Browser, world: World, database: Database, data: bytes, told: str
) -> None:
    answer = send(browser.sign_in(world.ann), "/outside-evidence", data)
    assert answer.status_code == 422
    assert told in answer.text
    with database.session() as session:
        assert session.scalar(select(func.count(OutsideEvidence.id))) == 0


def test_a_large_file_is_read_from_who_is_signed_in_only(browser: Browser, world: World) -> None:
    assert post(browser, "/outside-evidence", {}, b"x" * 400_000, "x").status_code == 413
    browser.sign_in(world.ann)
    assert send(browser, "/outside-evidence", pdf(b"<<" + b"/A 1 " * 100_000 + b">>")).status_code == 303
    assert send(browser, "/outside-evidence", b"x" * (LARGEST_FILE + 400_000)).status_code == 413
    assert post(browser, "/account/sign-out-everywhere", {}, b"x" * 400_000, "x").status_code == 413


@pytest.mark.parametrize(
    "more", [{"issued_on": "2999-01-01"}, {"issuer": " "}, {"title": "a\u202eb"}, {"expires_on": "x"}]
)
def test_what_is_missing_is_told(browser: Browser, world: World, more: dict[str, str]) -> None:
    answer = send(browser.sign_in(world.ann), "/outside-evidence", pdf(), "proof.pdf", **more)
    assert answer.status_code == 422
    assert "Not kept yet" in answer.text


def test_the_file_is_only_ever_an_attachment(browser: Browser, world: World, database: Database) -> None:
    evidence_id = uploaded(database, world)
    answer = browser.sign_in(world.ann).get(f"/outside-evidence/{evidence_id}/file")
    assert answer.data == pdf()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="certificate-{evidence_id}.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_other_page_keeps_its_policy(browser: Browser, world: World) -> None:
    assert "sandbox" not in browser.sign_in(world.ann).get("/record").headers["Content-Security-Policy"]


def test_a_director_accepts_what_was_missing(browser: Browser, world: World, database: Database) -> None:
    evidence_id = uploaded(database, world)
    with database.transaction() as session:
        read_lessons(session, world.ann.actor, now=clock.now())
        observe(session, world.eva.actor, world.ann.id, now=clock.now())
    browser.sign_in(world.mira)
    assert f"/outside-evidence/{evidence_id}" in browser.page("/outside-evidence/waiting").links
    page = browser.get(f"/outside-evidence/{evidence_id}").text
    assert page.count('type="checkbox"') == 3
    url = f"/outside-evidence/{evidence_id}/acceptance"
    said = {"stands_for": [f"{COURSE}|exam"], "reason": "I asked the school."}
    assert browser.send(url, **said, password="wrong").status_code == 422
    answer = browser.send(url, **said, password=PASSWORD)
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "That completed the certification" in page
    assert "for the exam" in page
    listed = browser.page("/outside-evidence/waiting")
    assert "Nothing waits" in listed.text
    assert "Decided lately" in listed.text
    assert "Accepted by Mira Santos" in listed.text
    assert f"/outside-evidence/{evidence_id}" in listed.links
    own = browser.sign_in(world.ann).get("/record").text
    assert all(text in own for text in ("Rests on evidence from outside", "I asked the school.", "Mira Santos"))
    assert "for the exam" in browser.get("/outside-evidence").text


def test_a_director_declines_with_a_reason(browser: Browser, world: World, database: Database) -> None:
    evidence_id = uploaded(database, world)
    browser.sign_in(world.mira)
    url = f"/outside-evidence/{evidence_id}/refusal"
    assert browser.send(url, **{"no-reason": "", "no-password": PASSWORD}).status_code == 422
    answer = browser.send(url, **{"no-reason": "The school does not know it.", "no-password": PASSWORD})
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert "Declined" in page.text
    assert "Accept the certificate" not in page.text
    assert "The school does not know it." in browser.sign_in(world.ann).get("/outside-evidence").text


def test_what_nobody_offered_cannot_be_chosen(browser: Browser, world: World, database: Database) -> None:
    evidence_id = uploaded(database, world)
    browser.sign_in(world.mira)
    for odd in ("x", f"{COURSE}|nothing", "|", "other|exam"):
        answer = browser.send(
            f"/outside-evidence/{evidence_id}/acceptance", stands_for=[odd], reason="Because", password=PASSWORD
        )
        assert answer.status_code == 422


def test_a_technicians_page_tells_what_stands_for_a_requirement(
    browser: Browser, world: World, database: Database
) -> None:
    evidence_id = uploaded(database, world)
    browser.sign_in(world.mira).send(
        f"/outside-evidence/{evidence_id}/acceptance",
        stands_for=[f"{COURSE}|sign_offs"],
        reason="I asked the school.",
        password=PASSWORD,
    )
    page = browser.sign_in(world.max).get(f"/technicians/{world.ann.id}").text
    assert "0 of 3 treatments observed; Laser School Zurich LSZ-2026-17 was accepted for it" in page
