"""Recalls as pages: started from an edition, seen by who is called back, followed, ended, signed."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.certification.recall_models import Recall, RecallDecision, RecallDone
from app.certification.recall_queries import asked_item
from app.cli.demo_story import form_for
from app.clock import day_in
from app.db import Database
from app.releases.models import Release
from app.reports import recall_starts
from tests.factories import PASSWORD, ZONE, World, certify, revised_course
from tests.integration.editions import FACT
from tests.integration.recalled import corrected_course, digests
from tests.web.conftest import Browser
from tests.web.page import Page
from tests.web.recalled_world import signed

DUE = day_in(ZONE, clock.now()) + timedelta(days=14)


@pytest.fixture
def release(database: Database, world: World) -> int:
    """Ann is certified; then an edition with another fluence is signed."""
    now = clock.now()
    with database.transaction() as session:
        certify(session, world, world.ann, now=now - timedelta(days=5))
        return signed(session, world, corrected_course(), now=now - timedelta(days=1)).id


def ask(browser: Browser, database: Database, release: int) -> Page:
    with database.session() as session:
        [digest] = digests(session, session.get_one(Release, release), (FACT,))
    return browser.page(f"/releases/{release}/recall?change={digest}")


def start(browser: Browser, world: World, database: Database, release: int, **fields: str) -> str:
    """Start a recall as Mira; return its address."""
    form = ask(browser.sign_in(world.mira), database, release).form(f"/releases/{release}/recall")
    told = {
        "task": "read",
        "due_on": DUE.isoformat(),
        "consequence": "suspend",
        "reason": "Two burns at the old fluence",
        "password": PASSWORD,
    }
    answer = browser.post(form.action, data={**form.fields, **told, **fields})
    assert answer.status_code == 303, Page(answer.text).text
    return str(answer.location)


def test_a_director_finds_it_on_the_edition_and_sees_whom_it_reaches(
    browser: Browser, world: World, database: Database, release: int
) -> None:
    url = f"/releases/{release}/recall"
    assert url in browser.sign_in(world.mira).page(f"/editions/{release}").links
    assert url in browser.page(f"/releases/{release}").links
    assert url not in browser.sign_in(world.tom).page(f"/editions/{release}").links
    browser.sign_in(world.mira)
    page = browser.page(url)
    assert "Whom it reaches" not in page.text
    page = ask(browser, database, release)
    assert "1 certification earned on the old side" in page.text
    assert "Ann Berg" in page.text
    assert "grants cells of their scope" in page.text
    assert "2 cells" in page.text


def test_it_is_started_with_password_and_ann_sees_it_first(
    browser: Browser, world: World, database: Database, release: int
) -> None:
    url = start(browser, world, database, release)
    page = browser.page(url)
    assert "Ann Berg" in page.text
    assert "0 of 1 done" in page.text
    assert "0 of 1 person done" in browser.page("/recalls").text
    assert "A recall of this change is open" in browser.page(f"/releases/{release}/recall").text
    page = browser.sign_in(world.ann).page("/")
    assert "A fact changed: read what changed and confirm it" in page.text
    assert "14 days left" in page.text
    assert f"{url}/task" in page.links
    task = browser.page(f"{url}/task")
    assert "Two burns at the old fluence" in task.text
    assert FACT not in task.text
    assert "As the lesson shows it now" in task.text
    refused = browser.send(f"{url}/task")
    assert (refused.status_code, "Tick that you read each change" in Page(refused.text).text) == (422, True)
    assert browser.send(f"{url}/task", read="y").status_code == 303
    assert "You have done it" in browser.page(f"{url}/task").text
    assert "A fact changed" not in browser.page("/").text
    with database.session() as session:
        assert session.scalar(sa.select(sa.func.count(RecallDone.id))) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"password": ""}, "Enter your password to confirm."),
        ({"password": "wrong"}, "This is not your password."),
        ({"task": ""}, "Choose what has to be done."),
        ({"task": "dance"}, "Choose from the list."),
        ({"due_on": "tomorrow"}, "Enter a day such as"),
        ({"due_on": day_in(ZONE, clock.now()).isoformat()}, "from tomorrow on"),
        ({"consequence": ""}, "Choose what follows"),
        ({"reason": ""}, "Give the reason in 3 to 500"),
        ({"seen": "0" * 64}, "no longer what you saw"),
        ({"change": "0" * 64}, "not those that you saw"),
    ],
)
def test_what_is_not_whole_comes_back_with_what_to_enter(
    browser: Browser, world: World, database: Database, release: int, fields: dict[str, str], told: str
) -> None:
    form = ask(browser.sign_in(world.mira), database, release).form(f"/releases/{release}/recall")
    whole = {
        "task": "read",
        "due_on": DUE.isoformat(),
        "consequence": "nothing",
        "reason": "Two burns",
        "password": PASSWORD,
    }
    answer = browser.post(form.action, data={**form.fields, **whole, **fields})
    assert (answer.status_code, told in Page(answer.text).text) == (422, True)
    with database.session() as session:
        assert session.scalar(sa.select(sa.func.count(Recall.id))) == 0


def test_a_certification_says_that_a_recall_is_open(
    browser: Browser, world: World, database: Database, release: int
) -> None:
    start(browser, world, database, release)
    told = "a fact that it rests on changed"
    page = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}")
    assert told in page.text
    [number] = [link for link in page.links if link.startswith("/verify/")][:1]
    assert told in browser.page(number).text
    board = browser.get("/board").text
    assert "recall open to" in board
    assert 'class="s-active is-noted"' in board  # so that a phone shows it as well
    assert "1 current" not in board
    assert told in browser.sign_in(world.ann).page("/").text
    browser.send("/recalls/1/task", read="y")
    assert told not in browser.page(number).text


def test_a_quiz_is_answered_until_everything_is_right(
    browser: Browser, world: World, database: Database, release: int
) -> None:
    url = start(browser, world, database, release, task="quiz")
    browser.sign_in(world.ann)
    assert "0 of" in browser.page(f"{url}/task").text
    right, wrong = 0, 0
    for _ in range(20):
        place = str(browser.send(f"{url}/task/items").location)
        if place.endswith("/task"):
            break
        assert "Check my answer" in browser.page(place).text
        give = wrong > 0
        with database.session() as session:
            asked = asked_item(session, world.organisation_id, 1, world.ann.id, int(place.rsplit("/", 1)[1]))
        empty = browser.send(place)
        assert empty.status_code == 409
        fields = form_for(asked.shown, asked.keyed["key"], right=give)
        assert browser.send(place, **fields).status_code == 303
        page = browser.page(place)
        assert page.h1 == (["Right"] if give else ["Not right"])
        right, wrong = right + give, wrong + (not give)
    assert wrong == 1
    assert f"It took {right + 1} answers." in browser.page(f"{url}/task").text


def test_managers_see_their_own_people_and_everybody_takes_the_file_away(
    browser: Browser, world: World, database: Database, release: int
) -> None:
    url = start(browser, world, database, release)
    assert "Ann Berg" in browser.sign_in(world.max).page(url).text
    for form in ("csv", "jsonl"):
        assert "Ann Berg" in browser.get(f"{url}/people?format={form}").text
    assert browser.get(f"{url}/people?format=xls").status_code == 404
    [row] = list(csv.DictReader(io.StringIO(browser.get(f"{url}/people?format=csv").text.lstrip("\ufeff"))))
    assert (row["progress"], row["task"], row["clinics"]) == ("open", "read", "Riverside")
    assert browser.sign_in(world.olga).get(url).status_code == 404


def test_a_report_is_signed_and_then_stands_as_it_was(
    browser: Browser, world: World, database: Database, release: int
) -> None:
    url = start(browser, world, database, release)
    assert "still to be done" in browser.page(f"{url}/report").text
    browser.sign_in(world.ann).send(f"{url}/task", read="y")
    form = browser.sign_in(world.mira).page(f"{url}/report").form(f"{url}/report")
    refused = browser.post(form.action, data={**form.fields, "password": "wrong"})
    assert (refused.status_code, "not your password" in Page(refused.text).text) == (422, True)
    assert browser.post(form.action, data={**form.fields, "password": PASSWORD}).status_code == 303
    page = browser.page(f"{url}/report")
    assert "Mira Santos" in page.text
    assert form.fields["seen"][0] in page.text
    assert "Closed, report signed" in browser.page("/recalls").text
    assert "Ann Berg" in browser.sign_in(world.max).page(f"{url}/report").text


def test_it_is_ended_early_with_a_reason(browser: Browser, world: World, database: Database, release: int) -> None:
    url = start(browser, world, database, release)
    refused = browser.send(f"{url}/end", reason="x", password=PASSWORD)
    assert (refused.status_code, "Not ended yet" in Page(refused.text).text) == (422, True)
    assert browser.send(f"{url}/end", reason="The wrong row", password=PASSWORD).status_code == 303
    assert "The wrong row" in browser.page(url).text
    assert "Ended early" in browser.page("/recalls").text
    assert "This recall is over" in browser.sign_in(world.ann).page(f"{url}/task").text
    with database.session() as session:
        assert session.scalars(sa.select(RecallDecision.reason)).all() == ["The wrong row"]


@pytest.mark.parametrize(("task", "shown"), [("read", True), ("exam", False)])
def test_who_sits_the_exam_again_reads_no_key_of_it(
    browser: Browser, world: World, database: Database, task: str, *, shown: bool
) -> None:
    now = clock.now()
    with database.transaction() as session:
        certify(session, world, world.ann, now=now - timedelta(days=5))
        release = signed(session, world, revised_course(), now=now - timedelta(days=1))
        changes = recall_starts.read_recallable(session, world.organisation_id, release.id).changes
        [changed] = [one for one in changes if any("Always." in (each.after or "") for each in one.fields)]
    url = f"/releases/{release.id}/recall"
    # With the figure that grants her cells: whether her paper asked the question is chance.
    chosen = "&".join(f"change={one.digest}" for one in changes if one is changed or one.key == FACT)
    form = browser.sign_in(world.mira).page(f"{url}?{chosen}").form(url)
    told = {
        "task": task,
        "due_on": DUE.isoformat(),
        "consequence": "nothing",
        "reason": "It reads",
        "password": PASSWORD,
    }
    started = browser.post(url, data={**form.fields, **told})
    page = browser.sign_in(world.ann).page(f"{started.location}/task")
    assert changed.title in page.text
    assert ("Always." in page.text) is shown


def test_where_all_is_recalled_already_there_is_nothing_to_choose(
    browser: Browser, world: World, database: Database, release: int
) -> None:
    url = f"/releases/{release}/recall"
    assert "Show whom it reaches" in browser.sign_in(world.mira).page(url).text
    with database.session() as session:
        found = recall_starts.read_recallable(session, world.organisation_id, release)
    form = browser.page(f"{url}?{'&'.join(f'change={one.digest}' for one in found.changes)}").form(url)
    told = {"task": "read", "due_on": DUE.isoformat(), "consequence": "nothing", "reason": "It reads"}
    assert browser.post(url, data={**form.fields, **told, "password": PASSWORD}).status_code == 303
    page = browser.page(url).text
    assert "Each of these changes is recalled already." in page
    assert "Show whom it reaches" not in page
