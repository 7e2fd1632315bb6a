"""The pages that no journey passes: every type of item, the fact tables, what is refused, an account's pages."""

import re

from playwright.sync_api import expect

from app import clock
from app.certification import practice
from app.certification.queries import cells_of
from app.clock import day_in
from app.releases import queries as releases
from tests.browser.browsing import look_at
from tests.browser.conftest import Live, Open
from tests.factories import COURSE, PASSWORD, ZONE
from tests.web.sitting import paper_of, start_mixed

LESSONS = ("settings", "screening-sun-and-medicines")
UNKNOWN = "0000-0000-0000-00000"


def test_every_type_of_item_and_the_fact_tables_are_sound(live: Live, open_page: Open) -> None:
    attempt_id = start_mixed(live.database, live.world)
    page = live.signed_in(open_page(), live.world.ann, None)
    positions = {asked.shown["type"]: asked.position for asked in paper_of(live.database, attempt_id)}
    for address in (
        *(f"/attempts/{attempt_id}/items/{position}" for position in positions.values()),
        *(f"/courses/{COURSE}/lessons/{lesson}" for lesson in LESSONS),
    ):
        page.goto(address)
        expect(page).to_have_url(address)
        look_at(page)


def test_what_is_refused_or_rarely_seen_is_sound(live: Live, open_page: Open, provoked: list[str]) -> None:
    provoked.append("404")
    page = live.signed_in(open_page(), live.world.ida, None)
    ann = live.world.ann.id
    for address, heading in (
        ("/account", "Account"),
        ("/nowhere", "There is no such page"),
        ("/clinics", "Clinics"),
        (f"/people/{ann}", "Ann Berg"),
        (f"/people/{ann}/disable", "Disable Ann Berg?"),
        (f"/verify/{UNKNOWN}", "Unknown"),
        (f"/verify/{UNKNOWN[:-1]}", "Typing error"),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        look_at(page)


def test_the_rare_pages_of_a_manager_and_an_administrator_are_sound(live: Live, open_page: Open) -> None:
    manager = live.signed_in(open_page(), live.world.max, "/proctor-codes")
    expect(manager.get_by_role("heading", level=1)).to_be_visible()
    look_at(manager)
    administrator = live.signed_in(open_page(), live.world.ida, f"/clinics/{live.world.riverside}/networks")
    expect(administrator.get_by_role("heading", level=1)).to_contain_text("Riverside")
    look_at(administrator)


def test_the_rare_pages_of_practice_are_sound(live: Live, open_page: Open) -> None:
    with live.database.transaction() as session:
        cell = cells_of(releases.get_release(session, live.world.organisation_id, live.world.release_id))[0].cell
        treatment = practice.Treatment(account_id=live.world.ann.id, cell=cell, observed_on=day_in(ZONE, clock.now()))
        seen = practice.Seen(outcome="stopped", remarks=["more-pace"])
        signed = practice.record(
            session, actor=live.world.eva.actor, treatment=treatment, seen=seen, password=PASSWORD, now=clock.now()
        )
    for person, addresses in (
        (live.world.eva, (f"/sign-offs/{signed.id}",)),
        (live.world.ann, ("/practice", f"/practice/{signed.id}")),
        (live.world.max, (f"/technicians/{live.world.ann.id}/practice",)),
        (live.world.mira, ("/appointments", "/appointments/new", "/appointments/1/end")),
    ):
        page = live.signed_in(open_page(), person, None)
        for address in addresses:
            page.goto(address)
            expect(page).to_have_url(address)
            page.locator("main details").evaluate_all("all => all.forEach(one => one.open = true)")
            look_at(page)


def test_the_pages_of_scope_and_tokens_are_sound(live: Live, open_page: Open) -> None:
    manager = live.signed_in(open_page(), live.world.max, "/scope")
    manager.get_by_role("link", name="Wall sheet").click()
    expect(manager.get_by_role("button", name="Print the sheet")).to_be_visible()
    look_at(manager, colours=False)  # it is black on white whatever is preferred
    manager.goto("/scope/forecast")
    expect(manager.get_by_role("heading", name="Train in this order")).to_be_visible()
    look_at(manager)
    administrator = live.signed_in(open_page(), live.world.ida, "/tokens")
    administrator.get_by_label("Name", exact=True).fill("Booking system")
    administrator.get_by_label("Every clinic").check()
    administrator.get_by_label("Your password").fill(PASSWORD)
    look_at(administrator)
    administrator.get_by_role("button", name="Make the token").click()
    expect(administrator.get_by_label("Token", exact=True)).to_have_value(re.compile("fluence_.{43}"))
    look_at(administrator, colours=False)
