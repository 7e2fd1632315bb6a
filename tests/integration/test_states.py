"""Certifications with every kind of event, thousands of them: plain SQL, what pages read and the fold say the same."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.db import Database
from tests.bench import plans
from tests.bench.plain_states import DEFECTS
from tests.bench.sitting import prepare
from tests.bench.states import SEED, TECHNICIANS, Filled, compare, fill
from tests.databases import Databases, EngineName

CERTIFICATIONS, SAMPLE = 800, 300
NOW = datetime(2026, 11, 27, 23, tzinfo=UTC)
FEW = ((-200, "then"), (-20, "then"), (0, "now"))  # days on which each defect has something to overlook


@pytest.fixture
def filled(engine_name: EngineName, databases: Databases) -> Iterator[tuple[Database, Filled]]:
    """An organisation of 21 clinics."""
    with databases.copy(engine_name) as url:
        prepare(url, 0)
        database = Database(url)
        yield database, fill(database, CERTIFICATIONS, SAMPLE, SEED, NOW)
        database.engine.dispose()


def test_sql_the_pages_and_the_fold_agree_and_a_board_reads_its_own_clinic(filled: tuple[Database, Filled]) -> None:
    database, known = filled
    report = compare(database, known, boards=2)
    assert report.wrong == []
    assert set(report.compared) == {"revoked", "superseded", "suspended", "expired", "grace", "active", "none"}
    clinic = known.first_clinic + known.people // TECHNICIANS // 2
    assert plans.of_board(database, known.organisation_id, clinic, known.today, few=True)[1] == []
    # What the comparison cannot see, it does not prove.
    for defect in DEFECTS:
        assert compare(database, known, boards=0, moments=FEW, forget=defect).wrong, defect
