"""Killing every process of the server at a random moment: each response that was answered as saved is there."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Event, Lock

import pytest

from app.db import Database
from app.exams import queries
from tests.databases import Databases
from tests.factories import PASSWORD, World, make_world

PROJECT = Path(__file__).resolve().parents[2]
SERVE = "import os, config; from app.cli.server import run; run(config.load(os.environ))"
EXAM = "/courses/skin-tightening/exam"
PATIENCE = 30  # seconds, for a machine that is busy
ITEMS = 20
NOT_POSSIBLE = 409  # this item has no answer a


@dataclass
class Acks:
    """What the server said was saved: (attempt, position, revision); `enough` is set at the chosen number."""

    wanted: int
    got: set[tuple[int, int, int]] = field(default_factory=set)
    enough: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def note(self, *ack: int) -> None:
        with self.lock:
            attempt, position, revision = ack
            self.got.add((attempt, position, revision))
            if len(self.got) >= self.wanted:
                self.enough.set()


class Sitter:
    """Somebody who sits the exam over HTTP, with a browser's cookies."""

    def __init__(self, address: str, email: str) -> None:
        self.address, self.known = address, dict[int, int]()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.sent("/sign-in", self.token("/sign-in"), email=email, password=PASSWORD)
        self.csrf = self.token(EXAM)
        self.attempt = int(self.sent(EXAM, self.csrf, declared="yes").split("/")[-3])

    def read(self, path: str) -> str:
        """Return a page."""
        with self.opener.open(self.address + path, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def token(self, path: str) -> str:
        """Return the token of a page's forms."""
        return self.read(path).split('name="csrf_token" value="')[1].split('"')[0]

    def sent(self, path: str, csrf: str, **fields: str) -> str:
        """Send a form; return where it led."""
        data = urllib.parse.urlencode({"csrf_token": csrf, **fields}).encode()
        with self.opener.open(self.address + path, data, timeout=PATIENCE) as answer:
            return str(answer.url)

    def save_all(self, acks: Acks) -> None:
        """Save items again and again, and note each answer, until the server is gone."""
        while True:
            for position in range(1, ITEMS + 1):
                try:
                    revision = self.save(position)
                except urllib.error.HTTPError:
                    raise  # the server is there, and says something that it should not
                except (OSError, HTTPException):
                    return
                if revision:
                    acks.note(self.attempt, position, revision)

    def save(self, position: int) -> int:
        """Save an item as the exam's script does; return the revision, or 0 where the choice was not one."""
        url = f"{self.address}/attempts/{self.attempt}/items/{position}"
        # The two answers in turn, each over the revision that was told last: the same one again would add nothing.
        known = self.known.get(position, 0)
        fields = {"csrf_token": self.csrf, "choice": "ab"[known % 2], "revision": str(known)}
        data = urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(url, data, {"X-Fluence": "fragment"})  # noqa: S310  our own server
        try:
            with self.opener.open(request, timeout=PATIENCE) as answer:
                self.known[position] = int(json.load(answer)["revision"])
                return self.known[position]
        except urllib.error.HTTPError as refused:
            if refused.code != NOT_POSSIBLE:
                raise
            return 0


@pytest.fixture
def address() -> str:
    """An address of this machine that nobody uses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def test_what_was_answered_as_saved_survives_a_kill(databases: Databases, address: str) -> None:
    world: World = databases.template("sqlite", "world", make_world)
    with databases.copy("sqlite", "world") as url:
        acks = Acks(random.randint(30, 90))  # noqa: S311  the moment of the kill, and nothing else
        with served(url, address) as process, ThreadPoolExecutor(2) as pool:
            sitters = [Sitter(address, person.email) for person in (world.ann, world.ben)]
            running = [pool.submit(sitter.save_all, acks) for sitter in sitters]
            assert acks.enough.wait(PATIENCE)
            kill(process)
            for one in running:
                one.result(PATIENCE)
        with served(url, address):
            assert stored(url, sitters) >= acks.got
            # Everybody is still signed in, and goes on where they were.
            assert [sitter.save(1) >= 0 for sitter in sitters] == [True, True]
            assert all("Submit the exam" in sitter.read(f"/attempts/{sitter.attempt}/review") for sitter in sitters)
    assert len(acks.got) >= acks.wanted


@contextmanager
def served(url: str, address: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the site as `fluence serve` does, with two workers, in a process group of its own."""
    settings = {
        "FLUENCE_DATABASE_URL": url,
        "FLUENCE_SECRET_KEY": "0123456789abcdef" * 4,
        "FLUENCE_LOG_LEVEL": "error",
        "PORT": address.rsplit(":", maxsplit=1)[1],
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-c", SERVE]
    process = subprocess.Popen(command, cwd=PROJECT, env=settings, start_new_session=True)
    try:
        wait_for(address, process)
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the server and all its workers at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server says that it is ready."""
    ready, tries = False, 0
    while not ready:
        tries += 1
        assert process.poll() is None and tries < PATIENCE * 20, "the server did not start"  # noqa: PT018
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=PATIENCE) as answer:  # noqa: S310
                ready = answer.status == 200
        except OSError:
            Event().wait(0.05)


def stored(url: str, sitters: list[Sitter]) -> set[tuple[int, int, int]]:
    """Return every stored response: (attempt, position, revision)."""
    database = Database(url)
    with database.session() as session:
        found = {
            (sitter.attempt, position, revision)
            for sitter in sitters
            for position, revision, *_ in queries.revisions(session, sitter.attempt)
        }
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    database.engine.dispose()
    return found
