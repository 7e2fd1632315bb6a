"""What all tests share: both engines, each with databases of their own."""

import os
import shutil
import tempfile
import time
from atexit import register
from collections.abc import Iterator
from contextlib import ExitStack
from typing import cast

import hypothesis
import pytest

from app.db import Database
from tests.databases import ENGINES, Databases, EngineName

# Small and the same everywhere: a property that needs more examples says so itself.
hypothesis.settings.register_profile("house", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")

# The workers share what a template holds, and so the files of its rows: whoever starts them makes the folder.
if "TESTS_EVIDENCE" not in os.environ:
    os.environ["TESTS_EVIDENCE"] = tempfile.mkdtemp(prefix="fluence-evidence-")
    register(shutil.rmtree, os.environ["TESTS_EVIDENCE"], ignore_errors=True)


def pytest_configure() -> None:
    """Run far from UTC, so that whatever asks the machine for its zone is found out."""
    pytest.MonkeyPatch().setenv("TZ", "Pacific/Chatham")
    time.tzset()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases on both engines; where PostgreSQL is missing its tests fail, they are not skipped."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("databases")
        yield Databases(folder, stack, together=None if alone else tmp_path_factory.getbasetemp().parent)


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    """Run the test once on each engine."""
    return cast("EngineName", request.param)


@pytest.fixture
def database_url(engine_name: EngineName, databases: Databases) -> Iterator[str]:
    """The address of a migrated, empty database of the test's own."""
    with databases.copy(engine_name) as url:
        yield url


@pytest.fixture
def fresh_db(database_url: str) -> Iterator[Database]:
    """A database of the test's own, really committed to: for races, triggers and pages."""
    database = Database(database_url)
    yield database
    database.engine.dispose()
