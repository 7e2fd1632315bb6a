"""A withdrawal in a real browser: a director stops an edition while somebody sits it, or one figure of its lessons."""

from playwright.sync_api import expect

from tests.browser.browsing import PHONE, look_at
from tests.browser.conftest import Live, Open
from tests.factories import COURSE, PASSWORD, REVISED_ROW

REASON = "Two burns at 13 J/cm², told to the board on 20 November"


def test_a_withdrawal_reaches_who_sits(live: Live, open_page: Open, provoked: list[str]) -> None:
    provoked.append("410")
    ann = live.signed_in(open_page(size=PHONE), live.world.ann, f"/courses/{COURSE}/exam")
    ann.get_by_role("checkbox").check()
    ann.get_by_role("button", name="Start the exam").click()
    ann.wait_for_url("**/items/1")
    mira = live.signed_in(open_page(), live.world.mira, f"/releases/{live.world.release_id}")
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
    mira = live.signed_in(open_page(java_script_enabled=False), live.world.mira, f"/editions/{live.world.release_id}")
    mira.locator("summary", has_text="Settings").click()
    mira.get_by_role("row", name=f"settings/{REVISED_ROW}").get_by_role("link", name="Withdraw").click()
    mira.get_by_label("Reason").fill(REASON)
    mira.get_by_label("Your password").fill(PASSWORD)
    mira.get_by_role("button", name="Withdraw at once").click()
    ann = live.signed_in(
        open_page(size=PHONE, color_scheme="dark"), live.world.ann, f"/courses/{COURSE}/lessons/settings"
    )
    expect(ann.locator("td.withdrawn").first).to_contain_text(REASON)
    look_at(ann)
