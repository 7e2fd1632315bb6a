"""No byte that reaches a trainee before the end tells a key: not in pages, answers to saves, headers or errors."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock
from app.cli.demo_story import form_for
from app.db import Database
from app.exams import refresher
from app.exams.models import Response
from app.exams.queries import Asked
from app.people import service
from app.people.permissions import Role
from app.releases.models import ItemContent, ReleasePiece
from tests.asking import sign_edition
from tests.factories import COURSE, ZONE, World, frozen_course, observe
from tests.integration.outside import upload
from tests.web.conftest import Browser
from tests.web.page import Page, scrubbed
from tests.web.sitting import failed, item_url, paper_of, start_mixed
from tests.web.table import TABLE

CANARY = "canary"
PASSING = {"X-Request-Id", "Set-Cookie", "Content-Length"}
SECRET = {"prompt", "correct", "wrong", "why", "stem", "options", "key"}
SHOWN = {"type", "stem", "options", "rights", "unit", "notice", "media", "topic", "scoring"}
# Of a recall, which Ann has none of here; it is closed to who sits an exam.
CLOSED = {"recall_tasks.show", "recall_tasks.item"}
# These end what the test looks at: the attempt, after which a key may be told, or the sign-in. They are asked last.
ENDING = ("exams.submit", "account.leave", "account.leave_everywhere")
Change = Callable[[int, dict[str, Any]], dict[str, Any]]
CLOCK = re.compile(
    r'data-left="\d+"|<b data-clock>[\d:]+</b>|"left":\d+|Saved at [\d:]+|"saved":"[\d:]+"|"revision":\d+'
    r'|data-state=\\?"[\df ]*\\?"|name=\\?"revision\\?" value=\\?"\d+\\?"|\b\d\d:\d\d(?::\d\d)?\b|"made_at": "[^"]+"'
)


@dataclass
class Heard:
    """Everything that a trainee was sent: body and headers of each answer, by what was asked."""

    answers: dict[str, str] = field(default_factory=dict)

    def note(self, asked: str, answer: TestResponse) -> None:
        headers = [f"{name}: {value}" for name, value in answer.headers if name not in PASSING]
        # A record as PDF is packed, with the minute in it: the page and the JSON of it say the same.
        text = "" if answer.mimetype == "application/pdf" else answer.get_data().decode("utf-8", "replace")
        self.answers[asked] = CLOCK.sub("", scrubbed("\n".join([str(answer.status_code), *headers, text])))


def test_nothing_of_a_key_is_sent_before_the_end(browser: Browser, world: World, database: Database) -> None:
    failed(database, world.ann.actor, days_ago=2)
    with database.transaction() as session:
        sign_edition(session, world, now=clock.now(), certainty=True)
    attempt_id = start_mixed(database, world)
    plant_canaries(database)
    heard = sit_and_look_around(browser.sign_in(world.ann), database, attempt_id, paper_of(database, attempt_id))
    assert len(heard.answers) > 100
    assert [asked for asked, text in heard.answers.items() if CANARY in text] == []


def test_no_route_at_all_tells_a_key_while_the_attempt_is_open(
    site: Flask, browser: Browser, world: World, database: Database
) -> None:
    earlier = failed(database, world.ann.actor, days_ago=2)
    with database.transaction() as session:
        observe(session, world.eva.actor, world.ann.id, now=clock.now(), times=1)
        asked_before = refresher.ask(session, actor=world.ann.actor, course_id=COURSE, zone=ZONE, now=clock.now())
    assert asked_before
    attempt_id = start_mixed(database, world)
    plant_canaries(database)
    browser.judges = False
    values = {**values_of(database, world, (attempt_id, earlier)), "item_id": [str(asked_before.id)]}
    heard, met = Heard(), Counter[str]()
    rules = sorted(site.url_map.iter_rules(), key=lambda rule: (rule.endpoint in ENDING, rule.rule))
    for rule in rules:
        for url in urls_of(rule, values):
            browser.sign_in(world.ann)
            for how, answer in asked_every_way(browser, rule, url):
                heard.note(f"{how} {url}", answer)
                # Of these two the answer to what nobody has is read as well.
                met[rule.endpoint] += answer.status_code != 404 or rule.endpoint in ("static", "verify.answer")
    assert {rule.endpoint for rule in rules} == {asked.endpoint for asked in TABLE}, "a route is not walked"
    # It was a walk through the trainee's own pages, and not along closed doors.
    own = {row.endpoint for row in TABLE if row.statuses[1] != 404}
    assert {endpoint for endpoint in own if not met[endpoint]} == CLOSED
    assert [asked for asked, text in heard.answers.items() if CANARY in text] == []


def test_a_canary_is_heard_where_a_key_may_be_told(browser: Browser, world: World, database: Database) -> None:
    attempt_id = [failed(database, world.ann.actor, days_ago=days_ago) for days_ago in (6, 4, 2)][-1]
    plant_canaries(database)
    assert CANARY in browser.sign_in(world.ann).get(f"/attempts/{attempt_id}/result").text


def test_other_keys_would_look_the_same(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    paper = paper_of(database, attempt_id)
    browser.sign_in(world.ann)
    sit(browser, database, attempt_id, paper, Heard())  # so that what is saved is the same before and after
    before = sit_and_look_around(browser, database, attempt_id, paper)
    with database.transaction() as session:
        rewrite_keys(session, lambda _number, keyed: {**keyed, "key": another(keyed)})
    after = sit_and_look_around(browser, database, attempt_id, paper).answers
    assert {asked: text for asked, text in after.items() if before.answers[asked] != text} == {}
    assert after.keys() == before.answers.keys()


def test_what_is_frozen_to_be_shown_holds_no_key() -> None:
    for item in frozen_course().items:
        assert item.shown.keys() == SHOWN
        assert all(option.keys() == {"id", "html"} for option in (*item.shown["options"], *item.shown["rights"]))
        told = str(item.shown)
        secrets = [item.keyed["why"], *item.keyed["whys"].values(), *item.keyed["sources"], *item.keyed["facts"]]
        assert [secret for secret in secrets if secret and secret in told] == [], item.id


def test_the_place_of_an_option_tells_nothing() -> None:
    keys = Counter(
        (len(item.shown["options"]), item.keyed["key"][0])
        for item in frozen_course().items
        if item.shown["type"] == "single-choice"
    )
    for size in {size for size, _ in keys}:
        of_size = {letter: number for (options, letter), number in keys.items() if options == size}
        fair = sum(of_size.values()) / size
        assert len(of_size) == size
        assert all(fair * 0.6 < number < fair * 1.4 for number in of_size.values()), of_size


def test_a_right_answer_is_answered_like_a_wrong_one(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    browser.sign_in(world.ann)
    for asked in paper_of(database, attempt_id):
        url = item_url(attempt_id, asked.position)
        told = [
            browser.fetch(url, **fields(asked, right=right), revision=known).get_json()
            for known, right in enumerate((True, False))
        ]
        said = [{**one, "next": CLOCK.sub("", scrubbed(one["next"]))} for one in told]
        alike = [{name: one[name] for name in ("next", "next_url")} for one in said]
        assert alike[0] == alike[1], asked.position


def sit_and_look_around(browser: Browser, database: Database, attempt_id: int, paper: list[Asked]) -> Heard:
    """Answer every item by script and by form, rightly and wrongly, make mistakes, and visit every page."""
    heard = look_around(browser, attempt_id)
    sit(browser, database, attempt_id, paper, heard)
    return heard


def sit(browser: Browser, database: Database, attempt_id: int, paper: list[Asked], heard: Heard) -> None:
    """Answer every item, as above."""
    for asked in paper:
        url = item_url(attempt_id, asked.position)
        for right, sure in ((True, "sure"), (False, "not_sure")):
            for how in (browser.fetch, browser.send):
                # As the page knows it, and as one that is older than what stands.
                for known in (revision_of(database, attempt_id, asked.position), "0"):
                    answer = how(url, **fields(asked, right=right), certainty=sure, revision=known)
                    heard.note(f"{how.__name__} {right} {known == '0'} {url}", answer)
        heard.note(f"odd {url}", browser.fetch(url, choice="z", value="z", order="z"))
        heard.note(f"odd form {url}", browser.send(url, choice="z", value="z", order="z"))
        heard.note(f"flag {url}", browser.fetch(f"{url}/flag", flag="on"))
        heard.note(f"again {url}", browser.get(url))


def revision_of(database: Database, attempt_id: int, position: int) -> str:
    """Return the revision of an item that stands, as a page that is up to date knows it."""
    newest = sa.select(sa.func.max(Response.revision))
    with database.session() as session:
        stands = session.scalar(newest.where(Response.attempt_id == attempt_id, Response.position == position))
    return str(stands or 0)


def look_around(browser: Browser, attempt_id: int) -> Heard:
    """Visit whatever a link, a picture or a guess leads to, from the start page on."""
    heard, waiting = Heard(), ["/", *guesses(attempt_id)]
    while waiting:
        url = waiting.pop()
        if url in heard.answers or not url.startswith("/") or url.startswith("/static/"):
            continue
        answer = browser.get(url)
        heard.note(url, answer)
        if answer.mimetype == "text/html":
            waiting += [link.split("#", maxsplit=1)[0] for link in Page(answer.text).links]
    return heard


def guesses(attempt_id: int) -> Iterator[str]:
    """Yield addresses that no link leads to, but somebody may try."""
    yield from (item_url(attempt_id, position) for position in range(1, 22))
    yield from (f"/attempts/{attempt_id}/{page}" for page in ("", "review", "result", "paper", "submit", "items"))
    yield from (f"/courses/{COURSE}/{page}" for page in ("exam", "items", "items.yaml", "facts"))
    yield from ("/api", "/evidence", "/releases", "/board")


def values_of(database: Database, world: World, attempts: tuple[int, int]) -> dict[str, list[str]]:
    """Return what a part of an address may hold for Ann, by its name or by its kind."""
    frozen = frozen_course()
    with database.transaction() as session:
        account, token = service.make_reset_link(
            session, actor=world.ida.actor, account_id=world.ann.id, now=clock.now()
        )
        certificate = upload(session, world, now=clock.now())
    assert account.id == world.ann.id
    return {
        "attempt_id": [str(one) for one in attempts],
        "release_id": [str(world.release_id)],
        "account_id": [str(world.ann.id)],
        "evidence_id": [str(certificate.id)],
        "position": ["1", "2", "20", "21"],
        "course_id": [COURSE, "laser-safety"],
        "lesson_id": [lesson["id"] for lesson in frozen.manifest["lessons"]],
        "content_hash": [frozen.hash],
        "filename": ["js/exam.js", "../items.yaml"],
        "name": sorted({path.rsplit("/", maxsplit=1)[-1] for path in frozen.files}),
        "token": [token],
        "number": ["0000-0000-0000-00000"],
        "id": ["1", "2", str(world.ann.id)],
        "default": [COURSE, frozen.hash, "1", "items"],
    }


def urls_of(rule: Rule, values: dict[str, list[str]]) -> list[str]:
    """Return the addresses of a route with every value that its parts may hold."""
    parts = re.findall(r"<(?:([a-z_]+)(?:\([^)]*\))?:)?([a-z_]+)>", rule.rule)
    choices = [values.get(name) or values.get(kind) or values["default"] for kind, name in parts]
    urls = []
    for chosen in product(*choices):
        url = rule.rule
        for value in chosen:
            url = re.sub(r"<[^>]+>", lambda _, value=value: value, url, count=1)  # type: ignore[misc]
        urls.append(url)
    return urls


def asked_every_way(browser: Browser, rule: Rule, url: str) -> Iterator[tuple[str, TestResponse]]:
    """Yield what a route answers to a page, a script and a file's reader, read or sent with its form."""
    form: dict[str, str] = next((row.form for row in TABLE if row.endpoint == rule.endpoint), {})
    fields = {**form, "course": COURSE, "choice": "a", "revision": "1", "value": "1", "format": "json"}
    if "GET" in (rule.methods or set()):
        yield "get", browser.get(url)
        yield "script", browser.get(url, headers={"X-Fluence": "fragment", "Accept": "application/json"})
        yield "query", browser.get(url, query_string={"format": "csv", "as_of": "2026-11-22", "key": "1", "fact": "a"})
    if "POST" in (rule.methods or set()):
        yield "post", browser.send(url, **fields)
        yield "fetch", browser.fetch(url, **fields)
        yield "no token", browser.post(url, data=fields)


def fields(asked: Asked, *, right: bool) -> dict[str, list[str]]:
    """Return the fields that answer an item rightly or wrongly."""
    return form_for(asked.shown, asked.keyed["key"], right=right)


def plant_canaries(database: Database) -> None:
    """Mark every secret text of every item, and of what a release keeps of them."""
    with database.transaction() as session:
        rewrite_keys(session, lambda number, keyed: marked(keyed, f"{CANARY}{number}"))
        mark_pieces(session)


def marked(keyed: dict[str, Any], canary: str) -> dict[str, Any]:
    """Return what is kept secret of an item with a mark in each of its texts."""
    told = {name: f"{canary}-{name}" for name in ("why", "feedback", "key_row", "family")}
    lists = {name: [f"{canary}-{name}"] for name in ("facts", "sources", "citations")}
    return {**keyed, **told, **lists, "whys": {"a": f"{canary}-whys"}, "stem": f"{canary}-stem"}


def another(keyed: dict[str, Any]) -> Any:
    """Return another key for an item, of the same shape."""
    key = keyed["key"]
    if isinstance(key, list):
        return key[::-1] if keyed["type"] == "ordering" else ["b" if key == ["a"] else "a"]
    if "min" in key:
        return {**key, "min": 0, "max": 1}
    return dict(zip(key, list(key.values())[::-1], strict=True))


def mark_pieces(session: Session) -> None:
    """Mark what a release keeps of its statements and its items by hand beyond what a lesson may show."""
    session.execute(sa.text("DROP TRIGGER release_piece_no_update"))
    for piece in session.scalars(sa.select(ReleasePiece).where(ReleasePiece.kind.in_(["fact", "item"]))):
        if piece.key.startswith(("statements/", "items/")):
            secret = {name for name in piece.shown if name in SECRET}
            piece.shown = {**piece.shown, **{name: f"{CANARY}-{name}" for name in secret}}


def rewrite_keys(session: Session, change: Change) -> None:
    """Change what is kept secret of all items: nobody can, so the trigger that sees to it goes first."""
    session.execute(sa.text("DROP TRIGGER item_content_no_update"))
    for number, item in enumerate(session.scalars(sa.select(ItemContent)).all()):
        item.keyed = change(number, item.keyed)


@pytest.mark.parametrize("path", ["/statistics", f"/statistics/{COURSE}", "/cases", "/appeals", "/releases"])
def test_who_writes_items_as_well_reads_no_key_while_sitting(
    browser: Browser, world: World, database: Database, path: str
) -> None:
    with database.transaction() as session:
        service.give_role(
            session, actor=world.ida.actor, account_id=world.ann.id, role=Role.AUTHOR, clinic_id=None, now=clock.now()
        )
    assert browser.sign_in(world.ann).get(path).status_code == 200
    attempt_id = start_mixed(database, world)
    refused = browser.get(path)
    assert refused.status_code == 409
    assert "You are sitting an exam, and this page tells keys." in refused.text
    assert browser.send(f"/attempts/{attempt_id}/submit").status_code == 303
    assert browser.get(path).status_code == 200
