"""Days and their first instants in time zones: PostgreSQL, which reckons them by itself, says the same."""

import pytest

from app import clock
from tests.bench import oracle, zones
from tests.databases import Databases

CASES = 1000


def test_days_are_those_of_postgresql(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = zones.cases(1, CASES)
    with databases.shared("postgresql").connect() as connection:
        assert zones.differing(connection, asked) == []
        monkeypatch.setattr(clock, "day_in", clock.day_in)  # put back after the fault
        oracle.DEFECTS["utc"]()
        assert len(zones.differing(connection, asked)) > CASES / 10
