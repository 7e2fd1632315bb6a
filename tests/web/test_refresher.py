"""The refresher's pages: a day, more of a course, a question and what was right; no key in any byte before."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from app import clock
from app.cli.demo_story import form_for
from app.db import Database
from app.exams import memory, refresher
from app.exams.models import Attempt
from app.exams.refresher_models import RefresherItem, RefresherResponse
from app.releases import service as releases
from app.releases.models import ItemContent
from tests.factories import COURSE, PASSWORD, ZONE, Person, World
from tests.web.conftest import Browser, statements
from tests.web.page import Page, scrubbed
from tests.web.sitting import start

DAY_PAGE, ASK, COURSE_PAGE = "/refresher", "/refresher/items", f"/courses/{COURSE}/refresher"
CANARY = "canary-9041"


def test_a_day_is_answered_without_javascript(browser: Browser, world: World, database: Database) -> None:
    page = browser.sign_in(world.ann).page(DAY_PAGE)
    assert "10 questions for today 10 new to you." in page.text
    here = browser.post(ASK, data=page.form(ASK).fields)
    for number in range(1, memory.DAILY + 1):
        assert here.status_code == 303
        page = browser.page(here.location)
        assert page.title.startswith(f"Question {number} today")
        form = page.form(here.location)
        right = number % 2 == 1
        told = browser.post(here.location, data={**form.fields, **fields(database, here.location, right=right)})
        assert (told.status_code, told.location) == (303, here.location)
        page = browser.page(told.location)
        assert page.h1[0] in ("Right" if right else "Not right", "Partly right")
        assert "The fact behind it" in page.text
        here = browser.post(ASK, data=page.form(ASK).fields)
    assert here.location == DAY_PAGE
    page = browser.page(DAY_PAGE)
    assert "That is it for today 10 questions answered. The next one is on" in page.text
    assert ASK not in {form.action for form in page.forms}


def test_the_start_page_and_the_course_lead_there(browser: Browser, world: World, database: Database) -> None:
    home = browser.sign_in(world.ann).page("/")
    assert "Nothing is due today" in home.text
    assert DAY_PAGE in home.links
    assert COURSE_PAGE in browser.page(f"/courses/{COURSE}").links
    answer_days(database, world.ann, days_ago=(4, 3))
    assert re.search(r"\d+ facts due today", browser.page("/").text)


def test_more_of_a_course_has_no_end(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    asked = set()
    for _ in range(memory.DAILY + 3):
        page = browser.page(COURSE_PAGE)
        here = browser.post(ASK, data=page.form(ASK).fields)
        assert browser.page(here.location).title.startswith("Question, ")
        told = browser.send(here.location, **fields(database, here.location, right=True))
        following = browser.page(told.location).form(ASK).fields
        assert following["course"] == [COURSE]
        asked.add(here.location)
    assert len(asked) == memory.DAILY + 3
    assert f"{memory.DAILY + 3} of 127 facts asked so far" in browser.page(DAY_PAGE).text


def test_readiness_is_told_with_how_sure_it_is(browser: Browser, world: World, database: Database) -> None:
    page = browser.sign_in(world.ann).page(COURSE_PAGE)
    assert page.text.count("Not enough answers yet") == 5
    assert "Only you see this page." in page.text
    assert "your certification never depends on this page" in page.text
    answer_days(database, world.ann, days_ago=tuple(range(20, 0, -2)))
    told = browser.page(COURSE_PAGE).text
    assert re.search(r"About \d+ of 10, give or take \d+ ?\d+ of \d+ facts asked so far", told)


def test_what_was_right_comes_with_the_fact_and_its_sources(browser: Browser, world: World, database: Database) -> None:
    location = ask(browser.sign_in(world.ann), COURSE)
    content = content_of(database, location)
    browser.send(location, unknown="yes")
    page = browser.page(location)
    assert page.h1 == ["Not right"]
    assert "You did not know." in page.text
    assert "This fact comes back on" in page.text
    assert content.keyed["key_row"] in page.text
    assert [one for one in content.keyed["citations"] if one not in page.text] == []


def test_a_fact_is_told_in_words(browser: Browser, world: World) -> None:
    browser.sign_in(world.ann)
    told = ""
    for _ in range(60):
        location = ask(browser, COURSE)
        browser.send(location, unknown="yes")
        told += browser.page(location).text
    assert "Category" in told
    assert not re.search(r"(Action|Category|Phase|Strength|Decision) \w+[_-]\w+", told)
    assert "do_not_treat" not in told


def test_a_fact_that_a_lesson_shows_is_linked_there(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    for _ in range(40):
        location = ask(browser, COURSE)
        row = content_of(database, location).keyed["key_row"]
        browser.send(location, unknown="yes")
        if row.startswith("contraindications/con-"):
            break
    place = f"#fact-{row.replace('/', '-')}"
    [link] = [one for one in browser.page(location).links if one.endswith(place)]
    assert f'id="{place[1:]}"' in browser.get(link).text


def test_a_range_is_never_shown_without_saying_what_it_is(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    noticed = 0
    for _ in range(127):
        location = ask(browser, COURSE)
        content = content_of(database, location)
        if content.shown["notice"]:
            noticed += 1
            assert content.shown["notice"] in browser.page(location).text
        browser.send(location, unknown="yes")
        if content.shown["notice"]:
            assert content.shown["notice"] in browser.page(location).text
            break
    assert noticed == 1


def test_no_byte_tells_a_key_before_the_answer(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    for _ in range(12):
        asked = browser.send(ASK, course=COURSE)
        location = asked.location
        rewrite(database, location, marked)
        kind = content_of(database, location).shown["type"]
        heard = [asked, browser.get(location), browser.get("/"), browser.get(DAY_PAGE), browser.get(COURSE_PAGE)]
        heard += [browser.send(location), browser.send(location, choice="z"), browser.send(location, order="z")]
        if kind == "ordering":
            ids = [one["id"] for one in content_of(database, location).shown["options"]]
            moved = browser.send(location, order=ids, down=ids[0])
            heard += [moved, browser.get(moved.location)]
        assert [answer.request.path for answer in heard if CANARY in as_sent(answer)] == []
        # And the canary sings once the answer is given, so it would have been heard.
        browser.send(location, unknown="yes")
        assert CANARY in browser.get(location).text


def test_another_key_would_look_the_same(browser: Browser, world: World, database: Database) -> None:
    location = ask(browser.sign_in(world.ann), COURSE)
    before = as_sent(browser.get(location))
    for other in ("a", "b", "c"):
        rewrite(database, location, lambda keyed, other=other: {**keyed, "key": [other]})
        assert as_sent(browser.get(location)) == before


def test_the_question_waits_while_an_exam_is_sat(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    answered, waiting = ask(browser, COURSE), ask(browser, "")
    browser.send(answered, unknown="yes")
    start(database, world.ann.actor)
    assert "You are sitting an exam" in browser.page(DAY_PAGE).text
    assert "You are sitting an exam" in browser.page(COURSE_PAGE).text
    assert "due today" not in browser.page("/").text
    for answer in (
        browser.get(answered),
        browser.get(waiting),
        browser.send(ASK),
        browser.send(waiting, unknown="yes"),
    ):
        assert (answer.status_code, "You are sitting an exam" in answer.text) == (409, True)


def test_a_withdrawn_edition_asks_nothing_and_says_why(browser: Browser, world: World, database: Database) -> None:
    browser.sign_in(world.ann)
    location = ask(browser, "")
    withdraw(database, world)
    for url in (DAY_PAGE, COURSE_PAGE):
        page = browser.page(url)
        assert "was withdrawn" in page.text
        assert ASK not in {form.action for form in page.forms}
    for answer in (browser.send(ASK), browser.send(ASK, course=COURSE), browser.get(location)):
        assert (answer.status_code, "was withdrawn" in answer.text) == (409, True)
    assert COURSE_PAGE not in browser.page(f"/courses/{COURSE}").links


def test_only_the_person_themselves_sees_it(browser: Browser, world: World) -> None:
    location = ask(browser.sign_in(world.ann), COURSE)
    browser.send(location, unknown="yes")
    for who in (world.ben, world.max, world.eva, world.mira, world.ada, world.ida, world.olga):
        browser.sign_in(who)
        assert browser.get(location).status_code == 404
        assert browser.send(location, unknown="yes").status_code == 404
        assert location not in browser.get(f"/technicians/{world.ann.id}", follow_redirects=True).text
    assert "0 of 127 facts asked so far" in browser.sign_in(world.ben).page(DAY_PAGE).text


@pytest.mark.parametrize("course", ["no-such-course", "x" * 300, "Laser", "../home", "laser-safety"])
def test_a_course_that_is_not_assigned_asks_nothing(browser: Browser, world: World, course: str) -> None:
    browser.sign_in(world.ann)
    assert browser.send(ASK, course=course).status_code == 404
    assert browser.get(f"/courses/{course.replace('/', '-')}/refresher").status_code == 404


def test_what_was_not_offered_is_refused_and_nothing_is_kept(
    browser: Browser, world: World, database: Database
) -> None:
    location = ask(browser.sign_in(world.ann), COURSE)
    for sent in ({}, {"choice": "z"}, {"choice": ["a", "b", "c", "d", "e"]}, {"value": "1e9"}, {"order": ["a", "a"]}):
        answer = browser.send(location, **sent)
        assert answer.status_code == 422
        page = Page(answer.text)
        assert location in [form.action for form in page.forms]
        assert "Error: " in page.text
    assert "Choose an answer first, or press I do not know." in Page(browser.send(location).text).text
    for odd in ("?order=z", "?order=a&order=a", f"?{'order=a&' * 400}"):
        assert browser.get(location + odd).status_code == 200
    with database.session() as session:
        assert session.scalars(select(RefresherResponse)).all() == []


def test_a_number_that_cannot_be_read_stands_in_its_field_again(
    browser: Browser, world: World, database: Database
) -> None:
    location = ask(browser.sign_in(world.ann), COURSE)
    with database.transaction() as session:
        # The course asks numbers in its exam only: the question becomes one of them.
        session.execute(text("DROP TRIGGER refresher_item_no_update"))
        numbers = [one for one in session.scalars(select(ItemContent)) if one.shown["type"] == "numeric"]
        session.get_one(RefresherItem, int(location.rsplit("/", 1)[1])).item_hash = numbers[0].hash
    answer = browser.send(location, value="1e9")
    assert (answer.status_code, answer.text.count("Enter a number such as 12.5 or 12,5.")) == (422, 1)
    assert Page(answer.text).form(location).fields["value"] == ["1e9"]


def test_moved_steps_stand_in_their_new_order(browser: Browser, world: World, database: Database) -> None:
    location = ask_for(browser.sign_in(world.ann), database, "ordering")
    ids = [one["id"] for one in content_of(database, location).shown["options"]]
    moved = browser.send(location, order=ids, down=ids[0])
    assert (moved.status_code, moved.location.startswith(f"{location}?order=")) == (303, True)
    form = browser.page(moved.location).form(location)
    assert form.fields["order"] == [ids[1], ids[0], *ids[2:]]
    told = browser.post(location, data=form.fields)
    assert "Your answer 1." in browser.page(told.location).text


def test_several_answers_are_taken_together(browser: Browser, world: World, database: Database) -> None:
    location = ask_for(browser.sign_in(world.ann), database, "multiple-choice")
    browser.send(location, **fields(database, location, right=True))
    assert browser.page(location).h1 == ["Right"]


def test_the_pages_take_few_queries(browser: Browser, world: World, database: Database) -> None:
    answer_days(database, world.ann, days_ago=(3, 2))
    browser.sign_in(world.ann)
    location = ask(browser, COURSE)
    for url in ("/", DAY_PAGE, COURSE_PAGE, location):
        assert queries(browser, database, url) <= 6, url
    browser.send(location, unknown="yes")
    assert queries(browser, database, location) <= 6


def test_a_process_that_never_read_the_course_asks_once_more(
    browser: Browser, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(world.ann)
    for url in (DAY_PAGE, COURSE_PAGE):
        monkeypatch.setattr("app.exams.cards._banks", {})
        first = queries(browser, database, url)
        assert first == queries(browser, database, url) + 1 <= 6


def test_nothing_of_it_touches_an_attempt(browser: Browser, world: World, database: Database) -> None:
    answer_days(database, world.ann, days_ago=(3, 2, 1))
    with database.session() as session:
        assert session.scalars(select(Attempt)).all() == []
    assert "Attempt 1 of 3." in browser.sign_in(world.ann).page(f"/courses/{COURSE}/exam").text


def ask(browser: Browser, course_id: str) -> str:
    """Ask for a question; return where it is."""
    asked = browser.send(ASK, course=course_id)
    assert asked.status_code == 303
    return asked.location


def ask_for(browser: Browser, database: Database, kind: str) -> str:
    """Ask on until a question is of a type; return where it is."""
    for _ in range(150):
        location = ask(browser, COURSE)
        if content_of(database, location).shown["type"] == kind:
            return location
        browser.send(location, unknown="yes")
    raise AssertionError(kind)


def content_of(database: Database, location: str) -> ItemContent:
    """Return the content of the question at an address."""
    with database.session() as session:
        item = session.get_one(RefresherItem, int(location.rsplit("/", 1)[1]))
        return session.get_one(ItemContent, item.item_hash)


def fields(database: Database, location: str, *, right: bool) -> dict[str, list[str]]:
    """Return the fields that answer the question at an address."""
    content = content_of(database, location)
    return form_for(content.shown, content.keyed["key"], right=right)


def answer_days(database: Database, who: Person, *, days_ago: tuple[int, ...]) -> None:
    """Answer whole days' refreshers, every third question wrongly."""
    with database.transaction() as session:
        for days in days_ago:
            at, number = clock.now() - timedelta(days=days), 0
            while item := refresher.ask(session, actor=who.actor, course_id=None, zone=ZONE, now=at):
                content = session.get_one(ItemContent, item.item_hash)
                form = form_for(content.shown, content.keyed["key"], right=number % 3 > 0)
                refresher.respond(session, actor=who.actor, item_id=item.id, form=form, zone=ZONE, now=at)
                number += 1


def rewrite(database: Database, location: str, change: Any) -> None:
    """Change what is kept secret of the question at an address: nobody can, so the trigger goes first."""
    content = content_of(database, location)
    with database.transaction() as session:
        session.execute(text("DROP TRIGGER IF EXISTS item_content_no_update"))
        values = {"keyed": change(content.keyed)}
        session.execute(update(ItemContent).where(ItemContent.hash == content.hash).values(**values))


def marked(keyed: dict[str, Any]) -> dict[str, Any]:
    """Return the secrets of an item with a canary in each that is text."""
    return {
        **keyed,
        "why": f"{CANARY} {keyed['why']}",
        "whys": {option["id"]: CANARY for option in keyed["options"]},
        "citations": [CANARY],
        "stem": CANARY,
        "options": [{**option, "text": CANARY, "why": CANARY} for option in keyed["options"]],
        "sources": [CANARY],
    }


def withdraw(database: Database, world: World) -> None:
    """Withdraw the whole release."""
    with database.transaction() as session:
        releases.withdraw(
            session,
            actor=world.mira.actor,
            release_id=world.release_id,
            fact="",
            reason="A figure is wrong.",
            password=PASSWORD,
            now=clock.now(),
        )


def as_sent(answer: TestResponse) -> str:
    """Return an answer as it went over the line, but for what differs each time."""
    headers = [f"{name}: {value}" for name, value in answer.headers if name not in ("X-Request-Id", "Set-Cookie")]
    return scrubbed("\n".join([*headers, answer.text]))


def queries(browser: Browser, database: Database, url: str) -> int:
    """Return how many statements a page takes."""
    with statements(database) as asked:
        assert Page(browser.get(url).text).h1
    return len(asked)
