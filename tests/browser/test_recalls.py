"""A fact changes and is recalled in a real browser: started, answered on a phone by its quiz, closed with a report."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from app import clock
from app.certification.recall_queries import asked_item
from app.clock import day_in
from tests.browser.browsing import PHONE, look_at, signed_in
from tests.browser.conftest import Live, Open
from tests.factories import PASSWORD, ZONE, certify
from tests.integration.recalled import corrected_course
from tests.web.recalled_world import signed

MOST = 12


def test_a_fact_changes_and_who_rests_on_the_old_one_learns_the_new(live: Live, open_page: Open) -> None:
    now = clock.now()
    with live.database.transaction() as session:
        certify(session, live.world, live.world.ann, now=now - timedelta(days=5))
        release = signed(session, live.world, corrected_course(), now=now - timedelta(days=1)).id
    mira = signed_in(open_page(), live.world.mira.email)
    mira.goto(f"/editions/{release}")
    mira.get_by_role("link", name="Recall who is certified on the old facts").click()
    mira.get_by_role("checkbox").first.check()
    mira.get_by_role("button", name="Show whom it reaches").click()
    expect(mira.get_by_role("cell", name="2 cells")).to_be_visible()
    look_at(mira)
    mira.get_by_label("Answer a short quiz").check()
    mira.get_by_label("Last day", exact=True).fill((day_in(ZONE, now) + timedelta(days=14)).isoformat())
    mira.get_by_label("The cells that rest on it").check()
    mira.get_by_label("Why").fill("Two burns at the old fluence")
    mira.get_by_label("Your password").fill(PASSWORD)
    mira.get_by_role("button", name="Start the recall").click()
    expect(mira.get_by_text("0 of 1 done")).to_be_visible()
    look_at(mira, colours=False)

    ann = signed_in(open_page(PHONE), live.world.ann.email)
    ann.get_by_role("link", name="Open what changed").click()
    expect(ann.get_by_role("heading", name="As the lesson shows it now")).to_be_visible()
    look_at(ann)
    ann.get_by_role("button", name="Start the questions").click()
    for number in range(MOST):
        respond(ann, live, unknown=number == 0)
        if number == 0:
            expect(ann.get_by_role("heading", level=1, name="Not right")).to_be_visible()
        done = ann.get_by_role("link", name="Done: back to the recall")
        if done.is_visible():
            break
        ann.get_by_role("button", name="Next question").click()
    done.click()
    expect(ann.get_by_text("You have done it")).to_be_visible()

    mira.reload()
    mira.get_by_role("link", name="Check and sign the report").click()
    look_at(mira, colours=False)
    mira.get_by_label("Your password").fill(PASSWORD)
    mira.get_by_role("button", name="Sign and close the recall").click()
    expect(mira.get_by_text("Signed. The recall is closed.")).to_be_visible()
    mira.goto("/recalls")
    expect(mira.get_by_text("Closed, report signed")).to_be_visible()


def respond(page: Page, live: Live, *, unknown: bool) -> None:
    """Answer the question on the page, rightly or with "I do not know"."""
    expect(page.get_by_role("button", name="Check my answer")).to_be_visible()
    if unknown:
        page.get_by_role("button", name="I do not know").click()
        return
    *_, recall_id, _, _, item_id = page.url.split("/")
    with live.database.session() as session:
        asked = asked_item(session, live.world.organisation_id, int(recall_id), live.world.ann.id, int(item_id))
    for option in asked.keyed["key"]:
        page.locator(f'input[name="choice"][value="{option}"]').check()
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_role("heading", level=1, name="Right", exact=True)).to_be_visible()
