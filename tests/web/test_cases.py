"""Cases and appeals as pages: found, opened, counted, signed, reviewed, contested and answered."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import clock
from app.certification import service as certification
from app.content.values import ItemType
from app.db import Database
from app.exams import case_queries, queries
from app.exams.case_models import Appeal, AppealAnswer, CaseDecision, CaseProposal, ItemCase, Regrade
from app.exams.models import Attempt
from app.exams.queries import Asked
from app.web.appeals_pages import first_words
from tests.factories import COURSE, PASSWORD, World
from tests.integration.wrong_keys import sit_but
from tests.web.conftest import Browser
from tests.web.page import Page
from tests.web.sitting import failed, paper_of, passed, start

REASON = "The protocol changed in spring."
WORDS = "My protocol says the opposite."


@pytest.fixture
def almost(database: Database, world: World) -> tuple[int, Asked]:
    """Ann's attempt that failed on one critical item alone, and that item."""
    return sat_but(database, world, lambda one: one.critical and one.shown["type"] == ItemType.SINGLE.value)


def test_a_case_is_found_opened_counted_and_signed(
    browser: Browser, world: World, database: Database, almost: tuple[int, Asked]
) -> None:
    attempt_id, item = almost
    browser.sign_in(world.tom)
    found = browser.page(f"/cases/new?text={item.item_id}")
    assert f"/cases/new?item={item.item_hash}" in found.links
    case_url = opened(browser, item)
    page = browser.page(case_url)
    assert REASON in page.text
    assert "Its author chooses first what becomes of the responses." in page.text
    answer = browser.send(f"{case_url}/proposal", policy="full_credit")
    assert answer.status_code == 303
    page = browser.page(case_url)
    assert "1 to pass" in page.text
    assert "Ann Berg" in page.text
    assert "From failed to passed" in page.text
    assert "95% before, 100% as counted again" in page.text
    assert "attempt 1, " in page.text
    assert f"Exam {attempt_id}" not in page.text
    assert "Who answered by either key gets the point." in page.text
    browser.sign_in(world.mira)
    form = browser.page(case_url).form(f"{case_url}/signature")
    signed = browser.post(form.action, data={**form.fields, "password": PASSWORD})
    assert (signed.status_code, signed.location) == (303, case_url)
    page = browser.page(case_url)
    assert "Signed. The exams are scored again." in page.text
    assert "followed from it" not in page.text
    assert "1 score changed" in page.text
    assert "would change" not in page.text
    with database.session() as session:
        assert session.get_one(Attempt, attempt_id).passed


def test_both_scores_stand_on_the_result_and_the_technicians_page(
    browser: Browser, world: World, almost: tuple[int, Asked]
) -> None:
    attempt_id, item = almost
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert page.h1 == ["Not passed"]
    assert "Your exam was scored again" not in page.text
    case_url = opened(browser.sign_in(world.tom), item)
    browser.send(f"{case_url}/proposal", policy="drop")
    sign(browser, world, case_url)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert page.h1 == ["Passed"]
    assert "At first 95% Not passed" in page.text
    assert "Scored again 100% Passed" in page.text
    assert "It was wrong, and counts for nobody." in page.text
    assert "19 of 19 questions" in page.text
    assert "Do not work by the key as asked." in page.text
    assert REASON in page.text
    page = browser.sign_in(world.max).page(f"/technicians/{world.ann.id}")
    assert "at first 95%, not passed" in page.text


def test_a_credit_that_was_given_is_not_called_right(browser: Browser, world: World, almost: tuple[int, Asked]) -> None:
    attempt_id, item = almost
    case_url = opened(browser.sign_in(world.tom), item)
    browser.send(f"{case_url}/proposal", policy="full_credit")
    sign(browser, world, case_url)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert page.text.count("Credited") == 1
    assert "Everybody has the full credit for it, whatever they answered." in page.text
    assert REASON in page.text
    assert "What counts now Do not work by the key as asked." in page.text


def test_a_new_key_is_named_by_the_kind_of_the_question(browser: Browser, world: World, database: Database) -> None:
    attempt_id, item = sat_but(database, world, lambda one: one.shown["type"] == ItemType.NUMERIC.value)
    case_url = opened(browser.sign_in(world.tom), item)
    refused = browser.send(f"{case_url}/proposal", policy="accept_new", min="9", max="3")
    assert refused.status_code == 422
    assert "Enter the lowest and the highest right figure" in Page(refused.text).text
    chosen = next(one.chosen for one in paper_of(database, attempt_id) if one.position == item.position)
    assert browser.send(f"{case_url}/proposal", policy="accept_both", min=chosen, max=chosen).status_code == 303
    assert "Accept the old key and a new one." in browser.page(case_url).text
    with database.session() as session:
        proposal = session.scalars(select(CaseProposal)).one()
        assert (proposal.policy, proposal.changed, set(proposal.key)) == ("accept_both", 1, {"min", "max", "unit"})


@pytest.mark.parametrize("kind", ItemType)
def test_a_case_page_shows_every_kind_of_question(
    browser: Browser, world: World, database: Database, kind: ItemType
) -> None:
    _, item = sat_but(database, world, lambda one: one.shown["type"] == kind.value)
    case_url = opened(browser.sign_in(world.tom), item)
    answer = browser.send(f"{case_url}/proposal", policy="accept_new")
    assert answer.status_code == 422
    assert "Nothing was changed" in Page(answer.text).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Choose what becomes of the responses."),
        ({"policy": "forget"}, "Choose from the list."),
        ({"policy": "accept_new"}, "Choose the one right answer."),
        ({"policy": "accept_new", "key": "zzz"}, "Choose the one right answer."),
    ],
)
def test_a_policy_that_is_none_is_refused(
    browser: Browser, world: World, database: Database, almost: tuple[int, Asked], fields: dict[str, str], told: str
) -> None:
    case_url = opened(browser.sign_in(world.tom), almost[1])
    answer = browser.send(f"{case_url}/proposal", **fields)
    assert (answer.status_code, told in Page(answer.text).text) == (422, True)
    assert count(database, CaseProposal) == 0


def test_what_is_signed_must_be_what_was_shown(
    browser: Browser, world: World, database: Database, almost: tuple[int, Asked]
) -> None:
    case_url = opened(browser.sign_in(world.tom), almost[1])
    browser.send(f"{case_url}/proposal", policy="drop")
    browser.sign_in(world.mira)
    form = browser.page(case_url).form(f"{case_url}/signature")
    for change in ({"seen": "x"}, {"proposal": "7"}, {"proposal": "none"}, {"password": "wrong"}, {"password": ""}):
        answer = browser.post(form.action, data={**form.fields, "password": PASSWORD, **change})
        assert answer.status_code == 422
    assert count(database, CaseDecision) == count(database, Regrade) == 0
    assert browser.send(f"{case_url}/count").status_code == 303
    sign(browser, world, case_url)
    assert count(database, Regrade) == 1


def test_a_case_is_ended_without_a_change(browser: Browser, world: World, almost: tuple[int, Asked]) -> None:
    case_url = opened(browser.sign_in(world.tom), almost[1])
    assert browser.send(f"{case_url}/dismissal", reason="").status_code == 422
    assert browser.send(f"{case_url}/dismissal", reason="The key is right.").status_code == 303
    page = browser.page(case_url)
    assert "Ended without a change" in page.text
    assert f"{case_url}/proposal" not in [one.action for one in page.forms]
    assert "Ended without a change" in browser.page("/cases").text


def test_a_lost_pass_waits_for_its_review(browser: Browser, world: World, database: Database) -> None:
    attempt_id = passed(database, world.ann.actor)
    item = next(
        one for one in paper_of(database, attempt_id) if one.critical and one.shown["type"] == ItemType.SINGLE.value
    )
    other = next(one["id"] for one in item.shown["options"] if one["id"] not in item.keyed["key"])
    case_url = opened(browser.sign_in(world.tom), item)
    browser.send(f"{case_url}/proposal", policy="accept_new", key=other)
    sign(browser, world, case_url)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert page.h1 == ["Passed"]
    assert "Your pass stands until a medical director has looked at it" in page.text
    browser.sign_in(world.mira)
    assert "Passes to review" in browser.page("/cases").text
    assert "Cases 1 waiting" in browser.page("/cases").text
    with database.session() as session:
        [waiting] = case_queries.pass_reviews(session, world.organisation_id)
    review = f"{case_url}/reviews/{waiting.regrade.id}"
    assert review in [form.action for form in browser.page(case_url).forms]
    assert browser.send(review, outcome="", reason="Defensible.").status_code == 422
    assert browser.send(review, outcome="falls", reason="The answer would burn a client.").status_code == 303
    assert "The pass falls" in browser.page(case_url).text
    assert "1 waiting" not in browser.page("/cases").text
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert page.h1 == ["Not passed"]
    assert "the pass falls; the first score stays on record" in page.text


def test_a_question_is_contested_by_its_number_and_its_answer_is_read(
    browser: Browser, world: World, database: Database, almost: tuple[int, Asked]
) -> None:
    attempt_id, item = almost
    url = f"/attempts/{attempt_id}/appeal"
    page = browser.sign_in(world.ann).page(url)
    assert f"Question {item.position}: {first_words(item.shown['stem'])}" in page.text
    assert item.shown["options"][0]["html"] not in page.text
    assert browser.send(url, position=item.position, words=WORDS).status_code == 303
    page = browser.page(f"/attempts/{attempt_id}/result")
    assert f"Question {item.position}, contested on" in page.text
    assert "Waits for an answer" in page.text
    again = browser.send(url, position=item.position, words=WORDS)
    assert again.status_code == 422
    browser.sign_in(world.tom)
    [appeal_url] = [link for link in browser.page("/appeals").links if link.startswith("/appeals/")]
    assert "You published or edited what is contested" in browser.page(appeal_url).text
    assert browser.send(f"{appeal_url}/answer", upheld="yes", answer="It is.").status_code == 422
    browser.sign_in(world.mira)
    assert browser.send(f"{appeal_url}/answer", upheld="", answer="").status_code == 422
    assert browser.send(f"{appeal_url}/answer", upheld="yes", answer="You are right.").status_code == 303
    assert "An author opens the case of this question." in browser.page(appeal_url).text
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert "Upheld" in page.text
    assert "You are right." in page.text
    browser.sign_in(world.tom)
    opening = next(link for link in browser.page(appeal_url).links if link.startswith("/cases/new?"))
    form = browser.page(opening).form("/cases/new")
    answer = browser.post(form.action, data={**form.fields, "reason": REASON, "evidence": "Protocol 4.2."})
    assert answer.status_code == 303
    assert appeal_url in browser.page(str(answer.location)).links
    assert "The case of this question" in browser.page(appeal_url).text
    assert (count(database, Appeal), count(database, AppealAnswer), count(database, ItemCase)) == (1, 1, 1)


def test_while_an_exam_runs_no_word_of_an_earlier_one_is_told(
    browser: Browser, world: World, database: Database
) -> None:
    failed_id = failed(database, world.ann.actor, days_ago=2)
    start(database, world.ann.actor)
    page = browser.sign_in(world.ann).page(f"/attempts/{failed_id}/appeal")
    assert "Question 20" in page.text
    assert "Question 20:" not in page.text
    assert "While you sit an exam, questions are named by their number only." in page.text


@pytest.mark.parametrize("position", ["", "21", "-1", "x", "1e3"])
def test_a_question_that_is_none_is_not_contested(
    browser: Browser, world: World, database: Database, almost: tuple[int, Asked], position: str
) -> None:
    answer = browser.sign_in(world.ann).send(f"/attempts/{almost[0]}/appeal", position=position, words=WORDS)
    assert answer.status_code == 422
    assert count(database, Appeal) == 0


def test_an_old_result_is_not_contested(browser: Browser, world: World, database: Database) -> None:
    with database.transaction() as session:
        old = sit_but(session, world.ann.actor, wrong=[], now=clock.now() - timedelta(days=27)).id
    browser.sign_in(world.ann)
    assert f"/attempts/{old}/appeal" in browser.page(f"/attempts/{old}/result").links
    assert browser.sign_in(world.ben).get(f"/attempts/{old}/appeal").status_code == 404


def test_another_organisation_sees_nothing(browser: Browser, world: World, almost: tuple[int, Asked]) -> None:
    case_url = opened(browser.sign_in(world.tom), almost[1])
    browser.sign_in(world.olga)
    for url in (case_url, "/cases", "/appeals", f"/cases/new?item={almost[1].item_hash}"):
        assert browser.get(url).status_code == 404
    assert browser.sign_in(world.tom).get("/cases/new?item=" + "0" * 64).status_code == 404
    assert browser.get("/cases/new?text=nothing-like-it").status_code == 200


def test_two_wrong_critical_answers_of_one_objective_are_counted(
    browser: Browser, world: World, database: Database
) -> None:
    seed, pair = drawn(database, world, same_objective)
    wrong = [one.position for one in pair]
    with database.transaction() as session:
        at = clock.now() - timedelta(hours=1)
        attempt_id = sit_but(session, world.ann.actor, wrong=wrong, now=at, seed=seed).id
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    assert "Wrong (2)" in page.text


def test_a_key_leads_to_the_place_in_the_lesson(browser: Browser, world: World, database: Database) -> None:
    attempt_id = passed(database, world.ann.actor)
    page = browser.sign_in(world.ann).page(f"/attempts/{attempt_id}/result")
    facts = [link for link in page.links if "/facts/settings/" in link]
    assert facts
    answer = browser.get(facts[0])
    row = facts[0].rsplit("/", 1)[1]
    assert answer.status_code == 303
    assert str(answer.location).endswith(f"#fact-settings-{row}")
    assert f'id="fact-settings-{row}"' in browser.get(str(answer.location).split("#")[0]).text


def test_who_is_concerned_is_told(browser: Browser, world: World, almost: tuple[int, Asked]) -> None:
    attempt_id, item = almost
    browser.sign_in(world.ann).send(f"/attempts/{attempt_id}/appeal", position=item.position, words=WORDS)
    # Tom published the paper: somebody else answers, and only they are told that it waits.
    assert "1 waiting" not in browser.sign_in(world.tom).page("/releases").text
    assert "Appeals to answer" in browser.page("/cases").text
    browser.sign_in(world.mira)
    for page in ("/board", "/releases", "/account", "/cases"):
        assert "Cases 1 waiting" in browser.page(page).text, page
    [appeal_url] = [link for link in browser.page("/cases").links if link.startswith("/appeals/")]
    browser.send(f"{appeal_url}/answer", upheld="yes", answer="You are right.")
    assert "1 waiting" not in browser.page("/board").text
    told = browser.sign_in(world.ann).page("/")
    assert "Your appeal was answered" in told.text
    assert f"/attempts/{attempt_id}/result#appeals" in told.links
    assert "Your exam was scored again" not in told.text
    assert "Cases 1 waiting" in browser.sign_in(world.tom).page("/releases").text
    assert "Upheld, and no case yet" in browser.page("/cases").text
    case_url = opened(browser, item)
    assert "Upheld, and no case yet" not in browser.page("/cases").text
    browser.send(f"{case_url}/proposal", policy="full_credit")
    assert "1 waiting" not in browser.page("/releases").text
    assert "Cases 1 waiting" in browser.sign_in(world.mira).page("/board").text
    sign(browser, world, case_url)
    assert "1 waiting" not in browser.page("/board").text
    told = browser.sign_in(world.ann).page("/")
    assert "the key of a question turned out wrong. At first 95%, not passed; now 100%, passed." in told.text
    assert "Your exam was scored again" not in browser.sign_in(world.ben).page("/").text
    assert browser.sign_in(world.max).page("/board").text.count("waiting") == 0


def sat_but(database: Database, world: World, found: Callable[[Asked], bool]) -> tuple[int, Asked]:
    """Let Ann sit an exam an hour ago with one item wrong; return the attempt's id and the item."""
    seed, items = drawn(database, world, lambda paper: [one for one in paper if found(one)][:1])
    with database.transaction() as session:
        wrong = [items[0].position]
        attempt = sit_but(session, world.ann.actor, wrong=wrong, now=clock.now() - timedelta(hours=1), seed=seed)
    return attempt.id, items[0]


def same_objective(paper: list[Asked]) -> list[Asked]:
    """Return two critical items of one objective, where a paper holds them."""
    critical = [one for one in paper if one.critical]
    topics = Counter(one.keyed["objective"] for one in critical)
    topic, number = topics.most_common(1)[0]
    return [one for one in critical if one.keyed["objective"] == topic][:2] if number > 1 else []


def drawn(database: Database, world: World, wanted: Callable[[list[Asked]], list[Asked]]) -> tuple[int, list[Asked]]:
    """Return a seed whose paper holds what is wanted, and that; nobody sits it."""
    for seed in range(1, 100):
        with database.transaction() as session, session.begin_nested() as undone:
            attempt = certification.start_attempt(
                session, actor=world.ann.actor, course_id=COURSE, seed=seed, now=clock.now()
            )
            items = wanted(queries.paper(session, attempt.id))
            undone.rollback()
        if items:
            return seed, items
    raise AssertionError("no paper holds such an item")


def opened(browser: Browser, item: Asked) -> str:
    """Open the case of an item as who is signed in; return its address."""
    answer = browser.send("/cases/new", item=item.item_hash, appeal="", reason=REASON, evidence="Protocol 4.2, p. 12.")
    assert answer.status_code == 303
    return str(answer.location)


def sign(browser: Browser, world: World, case_url: str) -> None:
    """Sign a case as Mira, as she sees it."""
    browser.sign_in(world.mira)
    form = browser.page(case_url).form(f"{case_url}/signature")
    assert browser.post(form.action, data={**form.fields, "password": PASSWORD}).status_code == 303


def count(database: Database, model: type) -> int:
    """Return how many rows a table holds."""
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0
