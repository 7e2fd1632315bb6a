"""Statistics in a real browser: an author goes from the exam's plots to a question, by mouse and by select boxes."""

from playwright.sync_api import expect

from tests.browser.browsing import PHONE, fits_every_screen, look_at
from tests.browser.conftest import Live, Open
from tests.factories import COURSE
from tests.simulated import simulate


def test_an_author_finds_the_questions_to_look_at(live: Live, open_page: Open) -> None:
    tom = live.signed_in(open_page(), live.world.tom, f"/statistics/{COURSE}")
    expect(tom.get_by_text("Nobody has sat this edition yet.")).to_be_visible()
    look_at(tom)
    with live.database.transaction() as session:
        simulate(session, live.world.ben.id, live.world.release_id, 120)
    tom.goto("/statistics")
    look_at(tom)
    tom.get_by_role("link", name="120 papers").click()
    expect(tom.get_by_role("img", name="Papers by how many questions were right")).to_be_visible()
    expect(tom.get_by_role("img", name="Questions by how many get them right")).to_be_visible()
    look_at(tom)
    tom.get_by_label("Flag", exact=True).select_option("negative")
    tom.wait_for_url("**flag=negative**")
    expect(tom.locator(".flags").first).to_contain_text("Negative discrimination")
    tom.get_by_text("As a table").click()
    expect(tom.get_by_role("cell", name="not reached").first).to_be_visible()
    tom.get_by_text("Definitions and sources").click()
    look_at(tom)
    tom.locator(".q a").first.click()
    expect(tom.get_by_role("heading", name="What was chosen")).to_be_visible()
    look_at(tom)


def test_the_page_works_without_javascript_on_a_phone(live: Live, open_page: Open) -> None:
    with live.database.transaction() as session:
        simulate(session, live.world.ben.id, live.world.release_id, 40)
    mira = live.signed_in(
        open_page(size=PHONE, java_script_enabled=False), live.world.mira, f"/releases/{live.world.release_id}"
    )
    mira.get_by_role("link", name="Statistics", exact=True).locator("visible=true").click()
    mira.get_by_label("Show", exact=True).select_option("families")
    mira.get_by_role("button", name="Show").click()
    expect(mira.get_by_role("heading", name="Families")).to_be_visible()
    fits_every_screen(mira)
