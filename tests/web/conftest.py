"""The site with the people of the house in it, on SQLite, and browsers without JavaScript to visit it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

import app
from app import clock
from app.db import Base, Database
from app.people import service
from app.people.limits import Limits
from tests.databases import Databases, EngineName, settings_for
from tests.factories import PASSWORD, Person, World, make_world
from tests.integration.outside import FOLDER
from tests.web.page import Page, faults_of

Make = Callable[[Database], World]
FROZEN = frozenset({"content_file", "item_content", "release_item", "release_lesson"})


class Browser(FlaskClient):
    """A browser without JavaScript: it keeps cookies, sends forms with their token, and judges every page's style."""

    judges = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make a request; the page that it brings keeps the house style."""
        answer = super().open(*args, **{"buffered": True, **kwargs})
        if self.judges and answer.mimetype == "text/html" and answer.status_code not in range(300, 400) and answer.text:
            faults = faults_of(Page(answer.text))
            assert faults == [], f"{answer.request.method} {answer.request.path} ({answer.status_code})"
        return answer

    def sign_in(self, person: Person) -> Self:
        """Become somebody, as after their password was right (no hash to wait for)."""
        database: Database = self.application.extensions["fluence.database"]
        with database.transaction() as session:
            token = service.begin_sign_in(session, account_id=person.id, now=clock.now())
        with self.session_transaction() as cookie:
            cookie.clear()
            cookie["_user_id"] = token
        return self

    def sign_in_by_form(self, person: Person, *, password: str = PASSWORD, next_path: str = "") -> TestResponse:
        """Sign in as a person does: open the page, fill in its form, send it."""
        form = self.page(f"/sign-in?next={next_path}" if next_path else "/sign-in").form("/sign-in")
        return self.post(form.action, data={**form.fields, "email": person.email, "password": password})

    def page(self, url: str, *, status: int = 200) -> Page:
        """Open a page and read it."""
        answer = self.get(url)
        assert answer.status_code == status, url
        return Page(answer.text)

    def send(self, url: str, **fields: object) -> TestResponse:
        """Send a form of the site."""
        return self.post(url, data={"csrf_token": self.token(), **fields})

    def fetch(self, url: str, **fields: object) -> TestResponse:
        """Send a form as the exam's script does."""
        return self.post(url, data={"csrf_token": self.token(), **fields}, headers={"X-Fluence": "fragment"})

    def token(self) -> str:
        """Return a token such as the site's own forms carry."""
        with self.session_transaction() as cookie:
            kept = cookie.setdefault("csrf_token", secrets.token_hex(20))
        return str(URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token").dumps(kept))


@pytest.fixture
def engine_name() -> EngineName:
    """Pages run on SQLite; what differs on PostgreSQL, the services' tests and test_smoke.py see."""
    return "sqlite"


@pytest.fixture(scope="session")
def wired(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The site, wired once: its templates are compiled once too."""
    with databases.copy("sqlite") as url:
        made = app.create_app(settings_for(url, tmp_path_factory.mktemp("site")))
        made.testing = True
        made.config["EVIDENCE_PATH"] = str(FOLDER)
        made.config["PROPAGATE_EXCEPTIONS"] = True  # a fault shows itself, not the page that hides it
        made.test_client_class = Browser
        made.extensions["fluence.database"].engine.dispose()
        yield made


@contextmanager
def over(wired: Flask, databases: Databases, engine: EngineName, template: str) -> Iterator[Flask]:
    """Put the site over a copy of a template."""
    with databases.opened(engine, template) as database:
        wired.extensions["fluence.database"] = database
        wired.extensions["fluence.limits"] = Limits(database.engine)
        yield wired


@pytest.fixture
def make() -> Make:
    """What fills the site; a test that needs another world says so."""
    return make_world


@pytest.fixture
def world(engine_name: EngineName, databases: Databases, make: Make) -> World:
    """Who and what is in the site: values, the same for every test."""
    return databases.template(engine_name, name_of(make), make)


@pytest.fixture
def site(engine_name: EngineName, databases: Databases, wired: Flask, world: World, make: Make) -> Iterator[Flask]:
    """The site over a copy of the world that is the test's own."""
    assert world.people
    with over(wired, databases, engine_name, name_of(make)) as made:
        yield made


@pytest.fixture
def database(site: Flask) -> Database:
    """The database under the site."""
    return cast("Database", site.extensions["fluence.database"])


@pytest.fixture
def browser(site: Flask) -> Browser:
    """A browser that nobody has signed in with."""
    return cast("Browser", site.test_client())


def name_of(make: Make) -> str:
    """Return the name of the template that a function fills: `world` of make_world."""
    return make.__name__.removeprefix("make_")


def make_old_world(database: Database) -> World:
    """Fill a database so that everybody has been there for more than a year."""
    return make_world(database, now=clock.now() - timedelta(days=450))


# For tests of what a year brings: the site is filled by another function.
old_world = pytest.mark.parametrize("make", [make_old_world], ids=["old"])


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements that a database is asked, BEGIN apart."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(database.engine, "before_cursor_execute", note)


def stored(database: Database) -> dict[str, int]:
    """Return what a database holds: for each table a number that changes with its rows (frozen ones: how many)."""
    with database.engine.connect() as connection:
        # The driver's own rows: reading JSON and instants into Python would take most of the time.
        return {
            name: (
                connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608
                if name in FROZEN
                else hash(frozenset(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}"))))  # noqa: S608
            )
            for name in Base.metadata.tables
        }
