"""A crowd that sits exams over HTTP until the server is gone, and remembers what it was told."""

import http.client
import json
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from app import clock
from app.db import Database
from app.people import service as people
from app.people.models import Account, Clinic
from app.people.queries import actor_of
from tests.bench.sitting import ITEMS, enrol

EXAM = "/courses/bench/exam"
PAUSE = 0.05  # seconds before trying again
PATIENCE = 60  # seconds, for a machine that is busy
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
REVISION = re.compile(r'name="revision" value="(\d+)"')
SAVED, OVERTAKEN = 200, 409
NUMBER = re.compile(r'href="[^"]*/verify/([^"?/]+)"')
PASSED = 'class="card verdict is-passed"'
RIGHT = 0.6  # so often an answer is right: about half pass
WHOLE, FEW = 0.4, 5  # so often everything is answered, and else only a few: there is more to start and to submit
AGAIN = 0.15  # so often an answer is changed at once


@dataclass
class Told:
    """What people read on their screens, and what they should not have read (`strange`)."""

    started: set[int] = field(default_factory=set)
    saved: set[tuple[int, int, int]] = field(default_factory=set)
    submitted: set[int] = field(default_factory=set)
    results: dict[int, tuple[bool, str]] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    refused: int = 0

    @property
    def acknowledged(self) -> int:
        """How many things were said to be stored."""
        return len(self.started) + len(self.saved) + len(self.submitted)


@dataclass
class Person:
    """Somebody who sits, signed in by a cookie."""

    cookie: str
    seed: int


class StrangeAnswerError(Exception):
    """The server answered what it should not."""


class Unable(Exception):  # noqa: N818  it is what the person reads, no fault
    """The server said that it cannot just now (its database is gone)."""


def invite(url: str, secret: str, number: int) -> list[Person]:
    """Add so many technicians who have the course, each signed in."""
    now = clock.now()
    site = Flask("cookies")
    site.secret_key = secret
    serializer = SecureCookieSessionInterface().get_signing_serializer(site)
    assert serializer is not None
    database, made = Database(url), []
    with database.transaction() as session:
        admin = session.scalars(select(Account).order_by(Account.id)).first()
        assert admin is not None
        clinic = session.scalars(select(Clinic.id)).first()
        assert clinic is not None
        for _ in range(number):
            seed = random.getrandbits(32)
            email = f"sitter{seed}.{now.timestamp()}@bench.example"
            account = enrol(session, actor_of(session, admin), email, clinic, now - timedelta(days=1))
            token = people.begin_sign_in(session, account_id=account, now=now)
            made.append(Person(cookie=f"fluence={serializer.dumps({'_user_id': token})}", seed=seed))
    database.engine.dispose()
    return made


class Sitting:
    """One person at one exam, from its first page to its result; `told` gets everything that was read in full."""

    def __init__(self, port: int, person: Person, told: Told) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._cookie, self._told = person.cookie, told
        self._random = random.Random(person.seed)
        self._known: dict[tuple[int, int], int] = {}
        person.seed += 1

    def ask(self, method: str, path: str, *, expects: int, fetch: bool = False, **form: str) -> tuple[str, str]:
        """Send one request; return the body and where it leads."""
        status, text, location = self._send(method, path, fetch=fetch, **form)
        if status != expects:
            raise StrangeAnswerError(f"{method} {path}: {status} {text[:200]!r}")
        return text, location

    def _send(self, method: str, path: str, *, fetch: bool, **form: str) -> tuple[int, str, str]:
        headers = {"Cookie": self._cookie, **({"X-Fluence": "fragment"} if fetch else {})}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, urlencode(form) if form else None, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if fresh := answer.getheader("Set-Cookie"):
            self._cookie = fresh.split(";")[0]
        if answer.status in (500, 503):
            raise Unable(f"{method} {path}: {answer.status}")
        return answer.status, text, answer.getheader("Location") or ""

    def sit(self) -> bool:
        """Start or go on, answer in some order, submit, read the result; False when nothing is left to sit."""
        page, _ = self.ask("GET", EXAM, expects=200)
        token = TOKEN.search(page)
        if 'name="declared"' not in page and "/items/1" not in page:
            return False
        assert token is not None
        _, location = self.ask("POST", EXAM, expects=303, csrf_token=token[1], declared="yes")
        attempt = int(location.split("/")[2])
        self._told.started.add(attempt)
        answered = ITEMS if self._random.random() < WHOLE else self._random.randint(1, FEW)
        for position in self._random.sample(range(1, ITEMS + 1), answered):
            for _ in range(1 + (self._random.random() < AGAIN)):
                self._save(attempt, position, token[1])
        self.ask("POST", f"/attempts/{attempt}/submit", expects=303, csrf_token=token[1])
        self._told.submitted.add(attempt)
        shown, _ = self.ask("GET", f"/attempts/{attempt}/result", expects=200)
        number = NUMBER.search(shown)
        self._told.results[attempt] = (PASSED in shown, number[1] if number else "")
        return True

    def _save(self, attempt: int, position: int, token: str) -> None:
        choice = "a" if self._random.random() < RIGHT else self._random.choice("bcd")
        path = f"/attempts/{attempt}/items/{position}"
        form = {"csrf_token": token, "choice": choice, "revision": str(self._known.get((attempt, position), 0))}
        status, body, _ = self._send("POST", path, fetch=True, **form)
        if status == OVERTAKEN:  # saved before a kill, and never told: the page shows it, and is answered again
            newer = REVISION.search(json.loads(body)["newer"])
            assert newer is not None
            body, _ = self.ask("POST", path, expects=200, fetch=True, **{**form, "revision": newer[1]})
        elif status != SAVED:
            raise StrangeAnswerError(f"POST {path}: {status} {body[:200]!r}")
        revision = int(json.loads(body)["revision"])
        self._known[attempt, position] = revision
        self._told.saved.add((attempt, position, revision))


@contextmanager
def crowd(port: int, waiting: deque[Person], told: Told, *, number: int, patient: bool = False) -> Iterator[None]:
    """Let so many people sit at once during the block; whose sitting is cut off goes on with it the next time.

    `patient` people try again while the database is away; for others a 5xx is strange.
    """
    stop = threading.Event()
    threads = [threading.Thread(target=_sitter, args=(port, waiting, told, stop, patient)) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _sitter(port: int, waiting: deque[Person], told: Told, stop: threading.Event, patient: bool) -> None:  # noqa: FBT001
    while not stop.is_set() and waiting:
        person = waiting.popleft()
        try:
            if Sitting(port, person, told).sit():
                waiting.appendleft(person)  # until nothing is left to sit
        except StrangeAnswerError as strange:
            told.strange.append(str(strange))
        except Unable as unable:
            told.refused += 1
            told.strange.extend([] if patient else [str(unable)])
            waiting.appendleft(person)
            stop.wait(PAUSE)
        except (OSError, http.client.HTTPException):
            waiting.appendleft(person)
            stop.wait(PAUSE)


def until(done: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is true; False when it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
