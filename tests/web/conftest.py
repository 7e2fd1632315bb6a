"""The site with the people of the house in it, on each engine, and browsers without JavaScript to visit it."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Self, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

import app
from app import clock
from app.db import Database
from app.people import service
from tests.databases import Databases, EngineName, settings_for
from tests.factories import Person, World, make_world


class Browser(FlaskClient):
    """A browser without JavaScript: it keeps cookies, and sends forms with their token."""

    def sign_in(self, person: Person) -> Self:
        """Become somebody, as after their password was right (no hash to wait for)."""
        database: Database = self.application.extensions["fluence.database"]
        with database.transaction() as session:
            token = service.begin_sign_in(session, account_id=person.id, now=clock.now())
        with self.session_transaction() as cookie:
            cookie.clear()
            cookie["_user_id"] = token
        return self

    def send(self, url: str, **fields: object) -> TestResponse:
        """Send a form of the site."""
        return self.post(url, data={"csrf_token": self.token(), **fields})

    def token(self) -> str:
        """Return a token such as the site's own forms carry."""
        with self.session_transaction() as cookie:
            kept = cookie.setdefault("csrf_token", secrets.token_hex(20))
        return str(URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token").dumps(kept))


@pytest.fixture
def world(engine_name: EngineName, databases: Databases) -> World:
    """Who and what is in the site: values, the same for every test."""
    return databases.template(engine_name, "world", make_world)


@pytest.fixture
def site(engine_name: EngineName, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """The site over a copy of the world that is the test's own."""
    databases.template(engine_name, "world", make_world)
    with databases.copy(engine_name, "world") as url:
        made = app.create_app(settings_for(url, tmp_path))
        made.testing = True
        made.config["PROPAGATE_EXCEPTIONS"] = True  # a fault shows itself, not the page that hides it
        made.test_client_class = Browser
        yield made
        made.extensions["fluence.database"].engine.dispose()


@pytest.fixture
def database(site: Flask) -> Database:
    """The database under the site."""
    return cast("Database", site.extensions["fluence.database"])


@pytest.fixture
def browser(site: Flask) -> Browser:
    """A browser that nobody has signed in with."""
    return cast("Browser", site.test_client())
