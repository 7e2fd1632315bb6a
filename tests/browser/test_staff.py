"""Who answers for the technicians: Max invites, assigns and watches, Mira signs, Ada takes away."""

import csv
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from app import clock
from app.people.permissions import ROLE_LABELS, Role
from app.releases import service as releases
from tests.browser.browsing import PHONE, look_at, sign_in_by_form
from tests.browser.conftest import Live, Open
from tests.factories import PASSWORD, certify, frozen_course

ROSA = "rosa@lumen.example"
CHOSEN = "juniper-copper-lantern-48"


def test_max_invites_assigns_and_watches_the_board(live: Live, open_page: Open) -> None:
    with live.database.transaction() as session:
        certify(session, live.world, live.world.ann, now=clock.now() - timedelta(hours=1))
    page = live.signed_in(open_page(), live.world.max)
    link = invite(page)
    invited = set_password(open_page(PHONE), link)
    assign_to_all(page)
    invited.reload()
    expect(invited.get_by_role("link", name="Start the course")).to_be_visible()
    filter_the_board(page)
    phone = live.signed_in(open_page(PHONE), live.world.max)
    expect(phone.locator(".r-person").filter(has_text="Ann Berg")).to_contain_text("1 current")
    expect(phone.locator(".r-person").filter(has_text="Rosa Díaz")).to_contain_text("Not started")
    phone.get_by_role("link", name="Ann Berg").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Ann Berg")
    look_at(phone)


def test_max_sees_who_may_treat_what_and_which_devices_stand_there(live: Live, open_page: Open) -> None:
    page = live.signed_in(open_page(), live.world.max)
    page.get_by_role("link", name="Scope").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who may treat what")
    expect(page.get_by_text("Nobody is certified for it yet.").first).to_be_visible()
    look_at(page)  # a gap
    with live.database.transaction() as session:
        certify(session, live.world, live.world.ann, now=clock.now() - timedelta(hours=1))
    page.reload()
    expect(page.get_by_role("link", name="Ann Berg")).to_be_visible()
    expect(page.get_by_text("Nobody on")).to_have_count(0)
    look_at(page)
    page.get_by_role("link", name="Devices").click()
    look_at(page)
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved: the scope board asks about these devices.")).to_be_visible()
    expect(page.get_by_text("Nobody has said which devices stand here")).to_have_count(0)
    last = page.get_by_role("navigation", name="Day").get_by_role("link").nth(7)
    last.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/scope\?clinic=\d+&day=\d{4}-\d\d-\d\d$"))


def invite(page: Page) -> str:
    """Invite Rosa as a technician; return the link that is shown this once."""
    page.get_by_role("link", name="People").click()
    look_at(page)
    page.get_by_role("link", name="Invite a person").click()
    page.get_by_label("Name").fill("Rosa Díaz")
    page.get_by_label("E-mail address").fill(ROSA)
    page.get_by_label(ROLE_LABELS[Role.TECHNICIAN]).check()
    look_at(page)
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitation for Rosa Díaz")
    look_at(page)
    return page.get_by_label("Link").input_value()


def set_password(page: Page, link: str) -> Page:
    """Become Rosa, who opens the link on her phone, sets a password and signs in with it."""
    page.goto(link)
    look_at(page)
    page.get_by_label("New password").fill(CHOSEN)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your password is set. Sign in with it.")).to_be_visible()
    sign_in_by_form(page, ROSA, CHOSEN)
    expect(page.get_by_role("heading", name="Nothing to do today")).to_be_visible()
    look_at(page)
    return page


def assign_to_all(page: Page) -> None:
    """Assign the course to everybody of the clinic."""
    page.get_by_role("link", name="Assign").click()
    look_at(page)
    page.get_by_label("All technicians of Riverside (2)").check()
    page.get_by_label("Due day").fill((clock.now() + timedelta(days=30)).date().isoformat())
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("is assigned to 2 people")).to_be_visible()


def filter_the_board(page: Page) -> None:
    """Filter the board: the address holds the filters, and a reload keeps them."""
    look_at(page)
    expect(page.locator(".r-person")).to_have_count(2)
    page.locator(".chip").filter(has_text="Not started").click()
    expect(page.locator(".r-person")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/board\?state=none$"))
    page.get_by_label("Find a person").fill("rosa")
    expect(page).to_have_url(re.compile(r"/board\?state=none&name=rosa$"))
    expect(page.get_by_label("Find a person")).to_be_focused()
    page.reload()
    expect(page.locator(".r-person")).to_have_count(1)
    expect(page.get_by_label("Find a person")).to_have_value("rosa")
    page.get_by_label("Find a person").fill("nobody of this name")
    expect(page.get_by_text("Nobody matches these filters.")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Show everyone").click()
    expect(page.locator(".r-person")).to_have_count(2)


def test_mira_signs_a_release(live: Live, page: Page, provoked: list[str]) -> None:
    provoked.append("422")
    with live.database.transaction() as session:
        changed = replace(frozen_course(), hash="f" * 64, edition="2026.2")
        releases.publish(session, actor=live.world.tom.actor, frozen=changed, now=clock.now())
    live.signed_in(page, live.world.mira)
    page.get_by_role("link", name="Releases").click()
    expect(page.get_by_text("Waits for a signature")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="edition 2026.2").click()
    page.get_by_role("link", name="Confirm and sign").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign edition 2026.2").click()
    expect(page.get_by_role("alert")).to_contain_text("Not signed yet")
    look_at(page, colours=False)
    page.get_by_role("checkbox").evaluate_all("boxes => boxes.forEach(box => box.click())")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign edition 2026.2").click()
    expect(page.get_by_text("Signed. From now on the exam can be sat on this release.")).to_be_visible()
    look_at(page)
    page.get_by_role("link", name="Settings").first.click()
    expect(page.get_by_text("Preview of edition 2026.2")).to_be_visible()
    look_at(page)


def test_ada_takes_the_records_away(live: Live, page: Page, tmp_path: Path) -> None:
    with live.database.transaction() as session:
        number = certify(session, live.world, live.world.ann, now=clock.now() - timedelta(hours=1)).number
    live.signed_in(page, live.world.ada)
    page.get_by_role("link", name="Evidence").click()
    look_at(page)
    records = download(page, "Certification records as CSV", tmp_path)
    with records.open(encoding="utf-8-sig", newline="") as file:
        assert [row["number"] for row in csv.DictReader(file)] == [number]
    trail = download(page, "Trail as JSON Lines", tmp_path)
    kinds = {json.loads(line)["kind"] for line in trail.read_text(encoding="utf-8").splitlines()}
    assert {"certification.issued", "export.made"} <= kinds
    page.get_by_role("link", name="Team").click()
    expect(page.locator(".r-person").filter(has_text="Ann Berg")).to_contain_text("Current")


def download(page: Page, name: str, folder: Path) -> Path:
    """Follow a link that sends a file; return where it was put."""
    with page.expect_download() as sent:
        page.get_by_role("link", name=name).click()
    path = folder / sent.value.suggested_filename
    sent.value.save_as(path)
    return path
