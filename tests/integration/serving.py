"""The real site, served twice with many threads over one database, and people who press at the same instant."""

import http.client
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.serving import WSGIRequestHandler, make_server

import app
from app import clock
from app.db import Database
from app.people import service as people
from tests.databases import settings_for
from tests.factories import Person

PATIENCE = 60  # seconds, for a machine that is busy
SERVERS = 2
Got = TypeVar("Got")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What somebody got."""

    status: int
    location: str
    text: str

    @property
    def json(self) -> Any:
        """What a script reads of it."""
        return json.loads(self.text)


class Quiet(WSGIRequestHandler):
    """A handler that writes no log."""

    protocol_version = "HTTP/1.1"

    def log(self, *_args: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where it is served, and what signs its cookies and forms."""

    ports: tuple[int, ...]
    database: Database
    secret: str

    def signed_in(self, person: Person) -> Callable[..., "Sender"]:
        """Sign somebody in; return what makes a request of theirs, to be sent later: `(path, server, **fields)`."""
        with self.database.transaction() as session:
            token = people.begin_sign_in(session, account_id=person.id, now=clock.now())
        site = Flask("cookies")
        site.secret_key = self.secret
        cookies = SecureCookieSessionInterface().get_signing_serializer(site)
        assert cookies is not None
        kept = secrets.token_hex(20)
        headers = {
            "Cookie": f"fluence={cookies.dumps({'_user_id': token, 'csrf_token': kept})}",
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Fluence": "fragment",
        }
        form = str(URLSafeTimedSerializer(self.secret, salt="wtf-csrf-token").dumps(kept))

        def make(path: str, number: int = 0, **fields: object) -> Sender:
            return Sender(
                self.ports[number % SERVERS], path, urlencode({"csrf_token": form, **fields}, doseq=True), headers
            )

        return make


@dataclass(frozen=True)
class Sender:
    """One request, to be sent when it is called."""

    port: int
    path: str
    body: str
    headers: dict[str, str]

    def __call__(self) -> Answer:
        """Send it and read the whole answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", self.path, self.body, self.headers)
        got = connection.getresponse()
        text = got.read().decode()
        connection.close()
        return Answer(status=got.status, location=got.getheader("Location") or "", text=text)


@contextmanager
def served(url: str, folder: Path) -> Iterator[Site]:
    """Serve the site twice over a database, as two processes would: each has an engine and locks of its own."""
    settings = settings_for(url, folder, FLUENCE_LOG_LEVEL="error")
    with ExitStack() as stack:
        sites = [app.create_app(settings) for _ in range(SERVERS)]
        servers = [make_server("127.0.0.1", 0, site, threaded=True, request_handler=Quiet) for site in sites]
        for site, server in zip(sites, servers, strict=True):
            server.daemon_threads = True  # type: ignore[attr-defined]  # of the threaded server's mixin
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            stack.callback(site.extensions["fluence.database"].engine.dispose)
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        database = Database(url)
        stack.callback(database.engine.dispose)
        ports = tuple(server.server_port for server in servers)
        yield Site(ports=ports, database=database, secret=str(settings.secret_key))


def together(*acts: Callable[[], Got]) -> list[Got]:
    """Let everybody act at the same instant; return what each got."""
    barrier = Barrier(len(acts))

    def act(one: Callable[[], Got]) -> Got:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def statuses(answers: Sequence[Answer]) -> dict[int, int]:
    """Return how many got each status."""
    found = [one.status for one in answers]
    return {status: found.count(status) for status in sorted(set(found))}
