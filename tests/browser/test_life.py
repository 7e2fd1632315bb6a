"""A certification's life in a real browser: due, renewed early, recalled, closed; expired, suspended, back, revoked.

How it is earned is told in test_technician.py. After each step Ann at home, Max at the board and a stranger with the
number read the same.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from app import clock
from app.certification import queries
from app.certification.models import Certification
from app.certification.recall_queries import asked_item
from app.clock import day_in
from app.db import Database
from app.people.permissions import Role
from app.releases import service as releases
from app.web.words import day, short_day
from tests.asking import sign_renewing
from tests.browser.answering import answer, expect_saved
from tests.browser.browsing import PHONE, look_at
from tests.browser.conftest import Live, Open
from tests.factories import COURSE, PASSWORD, ZONE, Person, World, assign, certify, invited, make_world
from tests.integration.recalled import corrected_course
from tests.web.sitting import paper_of

MOST = 12
ITEMS = 5
WHY = "Two burns at the old fluence"
HOT_SPOTS = "Two hot spots in one week"


@dataclass(frozen=True, kw_only=True)
class Lived(World):
    """The people of the house two years on: Ann was certified eleven months ago, Nia two years ago."""

    nia: Person


def make_lived(database: Database) -> Lived:
    """Fill a database with two years: an edition that asks less of a renewal, Nia certified on it, and Ann later."""
    began = clock.now() - timedelta(days=740)
    world = make_world(database, now=began)
    with database.transaction() as session:
        nia = invited(session, world.ida.actor, "Nia Roth", Role.TECHNICIAN, world.riverside, began)
        assign(session, world.ida.actor, nia.id, now=began)
        sign_renewing(session, world, now=began + timedelta(days=1), lessons="none", items=ITEMS)
        certify(session, world, nia, now=began + timedelta(days=10))
        certify(session, world, world.ann, now=clock.now() - timedelta(days=340))
    return Lived(**vars(world), nia=nia)


pytestmark = pytest.mark.parametrize("make", [make_lived], ids=["lived"])


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who is told of a certification: its holder at home, Max at the board, and a stranger who has its number."""

    name: str
    home: Page
    board: Page
    check: Page

    def read(self, *, home: str, board: str, check: str, also: str = "") -> None:
        """Make sure of what each of them reads today; `also` is what the stranger reads beside the state."""
        self.home.goto("/")
        expect(self.home.locator("main")).to_contain_text(home)
        self.board.reload()
        expect(self.board.locator(".r-person").filter(has_text=self.name)).to_contain_text(board)
        self.check.reload()
        expect(self.check.get_by_role("heading", level=1)).to_have_text(check)
        expect(self.check.locator(".doc")).to_contain_text(also)


def told(live: Live, open_page: Open, who: Person) -> Told:
    """Open the three pages on which somebody's certification is read."""
    stranger = open_page(PHONE)
    stranger.goto(f"/verify/{held(live, who).number}")
    return Told(
        name=who.name,
        home=live.signed_in(open_page(PHONE), who, None),
        board=live.signed_in(open_page(), live.world.max, "/board"),
        check=stranger,
    )


def held(live: Live, who: Person) -> Certification:
    """Return somebody's only certification."""
    with live.database.session() as session:
        [only] = queries.held_by(session, live.world.organisation_id, [who.id])[who.id]
        return only.certification


def valid_to(live: Live, who: Person) -> date:
    """Return the last day of somebody's certification, by what is known now."""
    with live.database.session() as session:
        [only] = queries.held_by(session, live.world.organisation_id, [who.id])[who.id]
        last = only.on(day_in(ZONE, clock.now()), clock.now()).last_valid_on
    assert last
    return last


def test_due_renewed_early_recalled_and_closed(live: Live, open_page: Open) -> None:
    ann, last = told(live, open_page, live.world.ann), valid_to(live, live.world.ann)
    number = held(live, live.world.ann).number
    left = f"{(last - day_in(ZONE, clock.now())).days} days left"
    ann.read(home=f"is due for renewal{left}", board=left, check="Current", also=f"Valid to{day(last)}")
    look_at(ann.home)
    renew(ann.home, live)
    until = valid_to(live, live.world.ann)
    assert until.year == last.year + 1, "renewed early, no day is lost"
    assert held(live, live.world.ann).number == number
    ann.read(home=f"Currentto {short_day(until)}", board=f"to {short_day(until)}", check="Current", also=day(until))
    expect(ann.home.get_by_text("is due for renewal")).to_have_count(0)

    staff = open_page()
    release = change_a_fact(live, staff)
    ann.read(home="Current", board="Current", check="Current")
    ann.home.goto(f"/courses/{COURSE}")
    ann.home.get_by_role("link", name="What it rests on, and what changed").click()
    expect(ann.home.get_by_role("heading", name="What changed since Edition 2027.2")).to_be_visible()
    expect(ann.home.get_by_text(WHY).first).to_be_visible()
    look_at(ann.home)

    due_on = day_in(ZONE, clock.now()) + timedelta(days=14)
    recall(staff, release, due_on)
    ann.read(
        home="A fact changed: read what changed, then answer the questions about it",
        board=f"recall open to {short_day(due_on)}",
        check="Current",
        also=f"Recall open until {day(due_on)}",
    )
    answer_the_quiz(ann.home, live)
    ann.read(home="Current", board="Current", check="Current")
    for page in (ann.home, ann.board, ann.check):
        expect(page.get_by_text(re.compile("recall open|A fact changed", re.IGNORECASE))).to_have_count(0)
    close(staff)


def renew(page: Page, live: Live) -> None:
    """Sit the shorter exam of a renewal, from the home page to its result."""
    page.get_by_role("link", name="Go to the exam").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Start the exam").click()
    page.wait_for_url("**/items/1")
    for item in paper_of(live.database, int(page.url.split("/")[4])):
        expect(page.get_by_text(f"Question {item.position} of {ITEMS}")).to_be_visible()
        answer(page, item)
        expect_saved(page)
        page.locator("[data-next-button]").click()
    page.get_by_role("button", name="Submit the exam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Passed")


def change_a_fact(live: Live, page: Page) -> int:
    """Let Tom publish two other facts and tell why, with the keyboard alone, and Mira sign them."""
    with live.database.transaction() as session:
        edition = replace(corrected_course(), edition="2027.3")
        release = releases.publish(session, actor=live.world.tom.actor, frozen=edition, now=clock.now()).id
    live.signed_in(page, live.world.tom, f"/releases/{release}")
    look_at(page)
    page.get_by_label("Reason for all others").focus()
    page.keyboard.type(WHY)
    page.keyboard.press("Enter")
    expect(page.get_by_text("changes confirmed.")).to_be_visible()
    expect(page.get_by_text("0 still open")).to_be_visible()
    expect(page.locator(".impact")).to_contain_text("rest on what changes")
    live.signed_in(page, live.world.mira, f"/releases/{release}")
    expect(page.get_by_text(WHY).first).to_be_visible()
    look_at(page)
    page.get_by_role("checkbox").evaluate_all("boxes => boxes.forEach(box => box.click())")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign edition 2027.3").click()
    expect(page.get_by_text("Signed. From now on the exam can be sat on this release.")).to_be_visible()
    return release


def recall(page: Page, release: int, due_on: date) -> None:
    """Start a recall from the edition's page: of the first change, with a quiz, and with what follows."""
    page.goto(f"/editions/{release}")
    page.get_by_role("link", name="Recall who is certified on the old facts").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Show whom it reaches").click()
    expect(page.get_by_role("cell", name="2 cells")).to_be_visible()
    look_at(page)
    page.get_by_label("Answer a short quiz").check()
    page.get_by_label("Last day", exact=True).fill(due_on.isoformat())
    page.get_by_label("The cells that rest on it").check()
    page.get_by_label("Why").fill(WHY)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Start the recall").click()
    expect(page.get_by_text("0 of 1 done")).to_be_visible()
    look_at(page, colours=False)


def answer_the_quiz(page: Page, live: Live) -> None:
    """Go from home to what changed, and answer its questions until all are right, the first with "I do not know"."""
    page.get_by_role("link", name="Open what changed").click()
    expect(page.get_by_role("heading", name="As the lesson shows it now")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="Start the questions").click()
    done = page.get_by_role("link", name="Done: back to the recall")
    for number in range(MOST):
        respond(page, live, unknown=number == 0)
        if done.is_visible():
            break
        page.get_by_role("button", name="Next question").click()
    done.click()
    expect(page.get_by_text("You have done it")).to_be_visible()


def respond(page: Page, live: Live, *, unknown: bool) -> None:
    """Answer the question on the page, rightly or with "I do not know"."""
    expect(page.get_by_role("button", name="Check my answer")).to_be_visible()
    if unknown:
        page.get_by_role("button", name="I do not know").click()
        expect(page.get_by_role("heading", level=1, name="Not right")).to_be_visible()
        return
    *_, recall_id, _, _, item_id = page.url.split("/")
    with live.database.session() as session:
        asked = asked_item(session, live.world.organisation_id, int(recall_id), live.world.ann.id, int(item_id))
    for option in asked.keyed["key"]:
        page.locator(f'input[name="choice"][value="{option}"]').check()
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_role("heading", level=1, name="Right", exact=True)).to_be_visible()


def close(page: Page) -> None:
    """Sign the report of the recall on the page, once everybody is done."""
    page.reload()
    page.get_by_role("link", name="Check and sign the report").click()
    look_at(page, colours=False)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and close the recall").click()
    expect(page.get_by_text("Signed. The recall is closed.")).to_be_visible()
    page.goto("/recalls")
    expect(page.get_by_text("Closed, report signed")).to_be_visible()


def test_expired_suspended_reinstated_and_revoked(live: Live, open_page: Open) -> None:
    assert isinstance(live.world, Lived)
    nia = told(live, open_page, live.world.nia)
    expired = "has expired"
    nia.read(home=expired, board="Expired", check="Expired", also="has ended and was not renewed")
    expect(nia.home.get_by_text("Do not treat under it. Sit the exam again to renew it.")).to_be_visible()
    look_at(nia.home)
    look_at(nia.check)

    ann = Told(
        name=live.world.ann.name,
        home=live.signed_in(nia.home, live.world.ann, None),
        board=nia.board,
        check=nia.check,
    )
    ann.check.goto(f"/verify/{held(live, live.world.ann).number}")
    mira = live.signed_in(open_page(), live.world.mira, f"/technicians/{live.world.ann.id}")
    since = short_day(day_in(ZONE, clock.now()))
    act(mira, "Suspend", reason=HOT_SPOTS)
    ann.read(home=f"is suspended{HOT_SPOTS}.", board=f"Suspendedsince {since}", check="Suspended", also="on hold")
    expect(ann.check.get_by_text(HOT_SPOTS)).to_have_count(0)
    look_at(ann.home)
    look_at(ann.board)
    act(mira, "Reinstate", reason="Observed three more times")
    ann.read(home="is due for renewal", board="days left", check="Current")
    act(mira, "Revoke", reason="Treated while on hold")
    ann.read(home="was revoked", board=f"Revokedsince {since}", check="Revoked", also="withdrawn for good")
    expect(ann.home.get_by_role("link", name="Go to the exam")).to_have_count(0)
    look_at(ann.check)


def act(page: Page, name: str, *, reason: str) -> None:
    """Suspend, reinstate or revoke from the technician's page, and be back there."""
    page.locator("#certifications").get_by_role("link", name=name).click()
    look_at(page)
    page.get_by_label("Reason").select_option(index=1)
    page.get_by_label("In words").fill(reason)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_text(re.compile(rf"of Ann Berg is {name.lower()}e?d\."))).to_be_visible()
