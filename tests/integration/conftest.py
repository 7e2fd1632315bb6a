"""A session on each engine whose work is undone after the test: no test needs a database of its own."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy.orm import Session

from app.db import Database
from tests.databases import Databases, EngineName
from tests.factories import World, make_world
from tests.integration.story import NOW, Town, template_at, town

Template = tuple[str, Callable[[Database], World]]


@pytest.fixture
def moment() -> datetime:
    """When the people of the house begin; a module that tells of another time says so."""
    return NOW


@pytest.fixture
def made(moment: datetime) -> Template:
    """What `db` is a copy of; a module whose tests begin alike says how."""
    return template_at(moment), partial(make_world, now=moment)


@pytest.fixture
def world(made: Template, engine_name: EngineName, databases: Databases) -> World:
    """The people of the house."""
    return databases.template(engine_name, *made)


@pytest.fixture
def db(world: World, made: Template, engine_name: EngineName, databases: Databases) -> Iterator[Session]:
    """A session in a transaction that is rolled back; what a test commits or rolls back is a savepoint."""
    assert world.people
    with databases.shared(engine_name, made[0]).connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def busy(engine_name: EngineName, databases: Databases) -> Iterator[Town]:
    """The people of the house in a database of the test's own."""
    with town(engine_name, databases) as made:
        yield made
