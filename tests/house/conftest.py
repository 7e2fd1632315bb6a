"""The site whose map the house tests read; nobody visits it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import app
from tests.databases import Databases, settings_for


@pytest.fixture(scope="session")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The wired site over an empty database."""
    folder: Path = tmp_path_factory.mktemp("house")
    with databases.copy("sqlite") as url:
        application = app.create_app(settings_for(url, folder))
        yield application
        application.extensions["fluence.database"].engine.dispose()
