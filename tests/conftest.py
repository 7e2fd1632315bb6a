"""What all tests share: both engines, each with databases of their own."""

import os
import shutil
import tempfile
import time
from atexit import register
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import hypothesis
import pytest

from app.db import Database
from tests.databases import ENGINES, Databases, EngineName
from tests.postgres import in_memory

# Small and the same everywhere: a property that needs more examples says so itself.
hypothesis.settings.register_profile("house", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")

# The workers share templates, and the files that their rows name: whoever starts them makes the folder.
if "TESTS_FOLDER" not in os.environ:
    os.environ["TESTS_FOLDER"] = tempfile.mkdtemp(prefix="fluence-tests-", dir=in_memory())
    register(shutil.rmtree, os.environ["TESTS_FOLDER"], ignore_errors=True)


def pytest_configure() -> None:
    """Run far from UTC, so that whatever asks the machine for its zone is found out."""
    pytest.MonkeyPatch().setenv("TZ", "Pacific/Chatham")
    time.tzset()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases on both engines; where PostgreSQL is missing its tests fail, they are not skipped."""
    together = Path(os.environ["TESTS_FOLDER"])
    folder = together / os.environ.get("PYTEST_XDIST_WORKER", "alone")
    folder.mkdir()
    with ExitStack() as stack:
        yield Databases(folder, stack, together=together)


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
