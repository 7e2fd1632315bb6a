"""Ann uploads a certificate of another school, Mira accepts it, Max opens the record, and Ann takes hers along."""

from pathlib import Path

from playwright.sync_api import Page, expect

from app import clock
from tests.browser.browsing import PHONE, look_at
from tests.browser.conftest import Live, Open
from tests.factories import PASSWORD, observe, read_lessons
from tests.integration.outside import png
from tests.pdf_text import pages_of


def test_evidence_completes_a_certification_and_the_record_tells_it(live: Live, open_page: Open) -> None:
    with live.database.transaction() as session:
        read_lessons(session, live.world.ann.actor, now=clock.now())
        observe(session, live.world.eva.actor, live.world.ann.id, now=clock.now())
    ann = live.signed_in(open_page(PHONE), live.world.ann, "/outside-evidence")
    upload(ann)
    accept(live.signed_in(open_page(), live.world.mira, "/outside-evidence/waiting"))
    read(live.signed_in(open_page(), live.world.max, f"/technicians/{live.world.ann.id}"))
    take_along(ann)


def upload(page: Page) -> None:
    """Upload a picture of a certificate."""
    for label, text in (
        ("Issuer", "Laser School"),
        ("Title", "Module B"),
        ("Number", "17"),
        ("Issued on", "2026-01-05"),
    ):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("File").set_input_files({"name": "proof.png", "mimeType": "image/png", "buffer": png()})
    page.get_by_role("button", name="Keep this certificate").click()
    expect(page.get_by_text("Nobody has decided yet.")).to_be_visible()
    look_at(page, colours=False)


def accept(page: Page) -> None:
    """Accept it for the exam."""
    page.get_by_role("link", name="Module B").click()
    look_at(page, colours=False)
    page.get_by_role("checkbox", name="the exam").check()
    page.get_by_label("Reason").first.fill("I asked the school.")
    page.get_by_label("Your password").first.fill(PASSWORD)
    page.get_by_role("button", name="Accept the certificate").click()
    expect(page.get_by_text("That completed the certification")).to_be_visible()


def read(page: Page) -> None:
    """Open Ann's record, having been told that it is noted."""
    page.get_by_role("link", name="Training record").click()
    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_text("Rests on evidence from outside").first).to_be_visible()


def take_along(page: Page) -> None:
    """See who read the record, and take it along."""
    page.goto("/record")
    expect(page.get_by_text("Max Keller")).to_be_visible()
    look_at(page)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Take it along as PDF").click()
    text = "".join(pages_of(Path(coming.value.path()).read_bytes())).replace("\n", " ")
    assert all(told in text for told in ("Ann Berg", "Laser School", "Max Keller", "Page 1 of"))
