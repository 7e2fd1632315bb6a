"""A new edition in a real browser: its author tells why, a director signs it, and stops it while somebody sits."""

from playwright.sync_api import Page, expect

from app import clock
from app.releases import service as releases
from tests.browser.browsing import PHONE, look_at, signed_in
from tests.browser.conftest import Live, Open
from tests.factories import COURSE, PASSWORD, REVISED_ROW, revised_course

REASON = "Two burns at 13 J/cm², told to the board on 20 November"


def test_a_new_edition_from_its_changes_to_what_everybody_reads(live: Live, open_page: Open) -> None:
    with live.database.transaction() as session:
        edition = releases.publish(session, actor=live.world.tom.actor, frozen=revised_course(), now=clock.now()).id
    tom = signed_in(open_page(), live.world.tom.email)
    confirm_changes(tom, edition)
    mira = signed_in(open_page(), live.world.mira.email)
    mira.goto(f"/releases/{edition}")
    expect(mira.get_by_text(REASON).first).to_be_visible()
    mira.get_by_role("link", name="Scheme 1").click()
    expect(mira.get_by_text("1 of 5, gravest first")).to_be_visible()
    look_at(mira)
    mira.get_by_role("checkbox").evaluate_all("boxes => boxes.forEach(box => box.click())")
    mira.get_by_label("Your password").fill(PASSWORD)
    mira.get_by_role("button", name="Sign edition 2027.1").click()
    expect(mira.get_by_text("Signed. From now on the exam can be sat on this release.")).to_be_visible()
    ann = signed_in(open_page(size=PHONE), live.world.ann.email)
    ann.goto(f"/courses/{COURSE}")
    ann.get_by_role("link", name="What it rests on, and what changed").click()
    expect(ann.get_by_role("heading", name="What changed since Edition 2026.1")).to_be_visible()
    expect(ann.get_by_text(REASON).first).to_be_visible()
    look_at(ann)


def confirm_changes(page: Page, edition: int) -> None:
    """Give every change its class and one reason, with the keyboard alone."""
    page.goto(f"/releases/{edition}")
    look_at(page)
    page.get_by_label("Reason for all others").focus()
    page.keyboard.type(REASON)
    page.keyboard.press("Enter")
    expect(page.get_by_text("5 changes confirmed.")).to_be_visible()
    expect(page.get_by_text("0 still open")).to_be_visible()
    expect(page.locator(".impact")).to_contain_text("rest on what changes")


def test_a_withdrawal_reaches_who_sits(live: Live, open_page: Open, provoked: list[str]) -> None:
    provoked.append("410")
    ann = signed_in(open_page(size=PHONE), live.world.ann.email)
    ann.goto(f"/courses/{COURSE}/exam")
    ann.get_by_role("checkbox").check()
    ann.get_by_role("button", name="Start the exam").click()
    ann.wait_for_url("**/items/1")
    mira = signed_in(open_page(), live.world.mira.email)
    mira.goto(f"/releases/{live.world.release_id}")
    mira.get_by_role("link", name="Withdraw").click()
    look_at(mira)
    mira.get_by_label("What is withdrawn").select_option("whole")
    mira.get_by_label("Reason").fill(REASON)
    mira.get_by_label("Your password").fill(PASSWORD)
    mira.get_by_role("button", name="Withdraw at once").click()
    expect(mira.get_by_text("Withdrawn. 1 open exam ended and will not count.")).to_be_visible()
    look_at(mira)
    ann.reload()
    expect(ann.get_by_role("heading", name="This exam does not count")).to_be_visible()
    look_at(ann)
    ann.goto("/")
    expect(ann.get_by_text(REASON)).to_be_visible()
    look_at(ann)
    ann.goto(f"/courses/{COURSE}/lessons/settings")
    expect(ann.get_by_text("This edition was withdrawn")).to_be_visible()
    look_at(ann)


def test_a_withdrawn_figure_is_gone_from_its_lesson(live: Live, open_page: Open) -> None:
    mira = signed_in(open_page(java_script_enabled=False), live.world.mira.email)
    mira.goto(f"/editions/{live.world.release_id}")
    mira.locator("summary", has_text="Settings").click()
    mira.get_by_role("row", name=f"settings/{REVISED_ROW}").get_by_role("link", name="Withdraw").click()
    mira.get_by_label("Reason").fill(REASON)
    mira.get_by_label("Your password").fill(PASSWORD)
    mira.get_by_role("button", name="Withdraw at once").click()
    ann = signed_in(open_page(size=PHONE, color_scheme="dark"), live.world.ann.email)
    ann.goto(f"/courses/{COURSE}/lessons/settings")
    expect(ann.locator("td.withdrawn").first).to_contain_text(REASON)
    look_at(ann)
