"""A session on each engine whose work is undone after the test: no test needs a database of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.databases import Databases, EngineName
from tests.factories import World
from tests.integration.story import AT_NOON, Town, people_at_noon, town


@pytest.fixture
def world(engine_name: EngineName, databases: Databases) -> World:
    """The people of the house, before NOW."""
    return people_at_noon(engine_name, databases)


@pytest.fixture
def template(world: World) -> str:  # noqa: ARG001  it makes the template
    """What `db` is a copy of: the people of the house; EMPTY in a module that makes its own."""
    return AT_NOON


@pytest.fixture
def db(engine_name: EngineName, databases: Databases, template: str) -> Iterator[Session]:
    """A session in a transaction that is rolled back; what a test commits or rolls back is a savepoint."""
    with databases.shared(engine_name, template).connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def busy(engine_name: EngineName, databases: Databases) -> Iterator[Town]:
    """The people of the house in a database of the test's own."""
    with town(engine_name, databases) as made:
        yield made
