"""Rate limits over the table of counters: exact however many count at once, and over when the window is."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from app.db import Database
from app.people.limits import Limits

RULE = "10 per 5 minutes"


def test_many_at_once_are_counted_exactly(fresh_db: Database) -> None:
    limits = [Limits(fresh_db.engine), Limits(fresh_db.engine)]  # as two processes have them
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda number: limits[number % 2].too_many(RULE, "sign-in", "ann"), range(25)))
    assert refused.count(False) == 10


def test_keys_are_counted_apart(fresh_db: Database) -> None:
    limits = Limits(fresh_db.engine)
    for _ in range(10):
        limits.too_many(RULE, "sign-in", "ann")
    assert limits.too_many(RULE, "sign-in", "ann")
    assert not limits.too_many(RULE, "sign-in", "ben")
    assert not limits.too_many(RULE, "verify", "ann")


def test_a_window_that_is_over_counts_anew(fresh_db: Database) -> None:
    limits = Limits(fresh_db.engine)
    for _ in range(11):
        limits.too_many(RULE, "sign-in", "ann")
    with fresh_db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE rate_window SET expires_at = 1"))
    assert not limits.too_many(RULE, "sign-in", "ann")
    with fresh_db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count FROM rate_window")) == 1
