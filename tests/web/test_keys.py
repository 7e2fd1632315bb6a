"""No byte that reaches a trainee before the end tells a key: not in pages, answers to saves, headers or errors."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.cli.demo_story import form_for
from app.db import Database
from app.exams.models import PaperItem
from app.exams.queries import Asked
from app.releases.models import ItemContent, ReleasePiece
from tests.factories import COURSE, World, frozen_course
from tests.web.conftest import Browser
from tests.web.page import Page, scrubbed
from tests.web.sitting import failed, item_url, paper_of, start_mixed

CANARY = "canary"
PASSING = {"X-Request-Id", "Set-Cookie", "Content-Length"}
SECRET = {"prompt", "correct", "wrong", "why", "stem", "options", "key"}
SHOWN = {"type", "stem", "options", "rights", "unit", "notice", "media", "topic"}
Change = Callable[[int, dict[str, Any]], dict[str, Any]]
CLOCK = re.compile(
    r'data-left="\d+"|<b data-clock>[\d:]+</b>|"left":\d+|Saved at [\d:]+|"saved":"[\d:]+"|"revision":\d+'
    r'|data-state="[\df ]*"|name="revision" value="\d+"|saved at [\d:]+'
)


@dataclass
class Heard:
    """Everything that a trainee was sent: body and headers of each answer, by what was asked."""

    answers: dict[str, str] = field(default_factory=dict)

    def note(self, asked: str, answer: TestResponse) -> None:
        headers = [f"{name}: {value}" for name, value in answer.headers if name not in PASSING]
        self.answers[asked] = CLOCK.sub("", scrubbed("\n".join([str(answer.status_code), *headers, answer.text])))


def test_nothing_of_a_key_is_sent_before_the_end(browser: Browser, world: World, database: Database) -> None:
    failed(database, world.ann.actor, days_ago=2)
    attempt_id = start_mixed(database, world)
    with database.transaction() as session:
        rewrite_keys(session, lambda number, keyed: marked(keyed, f"{CANARY}{number}"))
        mark_pieces(session)
    heard = sit_and_look_around(browser.sign_in(world.ann), paper_of(database, attempt_id), attempt_id)
    assert len(heard.answers) > 100
    assert [asked for asked, text in heard.answers.items() if CANARY in text] == []


def test_other_keys_would_look_the_same(browser: Browser, world: World, database: Database) -> None:
    attempt_id = start_mixed(database, world)
    paper = paper_of(database, attempt_id)
    browser.sign_in(world.ann)
    sit_and_look_around(browser, paper, attempt_id)
    before = sit_and_look_around(browser, paper, attempt_id)
    with database.transaction() as session:
        rewrite_keys(session, lambda _number, keyed: {**keyed, "key": another(keyed)})
    assert sit_and_look_around(browser, paper, attempt_id).answers == before.answers


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
        told = [
            browser.fetch(item_url(attempt_id, asked.position), **fields(asked, right=right), revision=known).get_json()
            for known, right in enumerate((True, False))
        ]
        said = [{**one, "next": CLOCK.sub("", scrubbed(one["next"]))} for one in told]
        alike = [{name: one[name] for name in ("next", "next_url")} for one in said]
        assert alike[0] == alike[1], asked.position


def sit_and_look_around(browser: Browser, paper: list[Asked], attempt_id: int) -> Heard:
    """Answer every item by script and by form, rightly and wrongly, make mistakes, and visit every page."""
    heard = look_around(browser, attempt_id)
    for asked in paper:
        url = item_url(attempt_id, asked.position)
        for right in (True, False):
            heard.note(f"fetch {right} {url}", browser.fetch(url, **fields(asked, right=right)))
            heard.note(f"send {right} {url}", browser.send(url, **fields(asked, right=right)))
        heard.note(f"odd {url}", browser.fetch(url, choice="z", value="z", order="z"))
        heard.note(f"flag {url}", browser.fetch(f"{url}/flag", flag="on"))
        heard.note(f"again {url}", browser.get(url))
    return heard


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


def fields(asked: Asked, *, right: bool) -> dict[str, list[str]]:
    """Return the fields that answer an item rightly or wrongly."""
    return form_for(asked.shown, asked.keyed["key"], right=right)


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
    """Change what is kept secret of the items asked: nobody can, so the trigger that sees to it goes first."""
    session.execute(sa.text("DROP TRIGGER item_content_no_update"))
    asked = sa.select(ItemContent).where(ItemContent.hash.in_(sa.select(PaperItem.item_hash)))
    for number, item in enumerate(session.scalars(asked).all()):
        item.keyed = change(number, item.keyed)
