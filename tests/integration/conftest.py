"""A session on each engine whose work is undone after the test: no test needs a database of its own."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.databases import Databases, EngineName
from tests.factories import World
from tests.integration.story import NOW, Town, people_at, template_at, town


@pytest.fixture
def moment() -> datetime:
    """When the people of the house begin; a module that tells of another time says so."""
    return NOW


@pytest.fixture
def world(moment: datetime, engine_name: EngineName, databases: Databases) -> World:
    """The people of the house."""
    return people_at(moment, engine_name, databases)


@pytest.fixture
def db(world: World, moment: datetime, engine_name: EngineName, databases: Databases) -> Iterator[Session]:
    """A session in a transaction that is rolled back; what a test commits or rolls back is a savepoint."""
    assert world.people
    with databases.shared(engine_name, template_at(moment)).connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def busy(engine_name: EngineName, databases: Databases) -> Iterator[Town]:
    """The people of the house in a database of the test's own."""
    with town(engine_name, databases) as made:
        yield made
