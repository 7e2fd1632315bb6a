"""A session on each engine whose work is undone after the test: no test needs a database of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.databases import Databases, EngineName


@pytest.fixture
def db(engine_name: EngineName, databases: Databases) -> Iterator[Session]:
    """A session in a transaction that is rolled back; what a test commits or rolls back is a savepoint."""
    with databases.shared(engine_name).connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()
