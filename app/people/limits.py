"""Rate limits that hold across processes: the `limits` library over one table of counters."""

import time
from typing import Any

import sqlalchemy as sa
from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.exc import SQLAlchemyError

from app.people.models import RateWindow

COUNT = sa.text(
    "INSERT INTO rate_window (key, count, expires_at) VALUES (:key, :amount, :end) "
    "ON CONFLICT (key) DO UPDATE SET "
    "count = CASE WHEN rate_window.expires_at <= :now THEN :amount ELSE rate_window.count + :amount END, "
    "expires_at = CASE WHEN rate_window.expires_at <= :now THEN :end ELSE rate_window.expires_at END "
    "RETURNING count"
)


class SqlStorage(Storage):
    """Counters in the database, one upsert a hit, so that two processes count as one."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the counters behind an engine whose transactions are writers."""
        super().__init__()
        self._engine = engine.execution_options(writes=True)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the storage may raise."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count once more and return the count of the running window (`expiry` in seconds)."""
        now = time.time()
        with self._engine.begin() as connection:
            return int(
                connection.execute(COUNT, {"key": key, "amount": amount, "end": now + expiry, "now": now}).scalar_one()
            )

    def get(self, key: str) -> int:
        """Return the count of the running window."""
        with self._engine.connect() as connection:
            query = sa.select(RateWindow.count).where(RateWindow.key == key, RateWindow.expires_at > time.time())
            return connection.scalar(query) or 0

    def get_expiry(self, key: str) -> float:
        """Return when the running window ends, in seconds since 1970."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(RateWindow.expires_at).where(RateWindow.key == key)) or time.time()

    def check(self) -> bool:
        """The database is there, or the request would not be."""
        return True

    def reset(self) -> int | None:
        """Forget all counters."""
        with self._engine.begin() as connection:
            return connection.execute(sa.delete(RateWindow)).rowcount

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(RateWindow).where(RateWindow.key == key))


class Limits:
    """Counts hits by name and key and tells when it is too much."""

    def __init__(self, engine: sa.Engine) -> None:
        """Count in this database."""
        self._limiter = FixedWindowRateLimiter(SqlStorage(engine))
        self._parsed: dict[str, RateLimitItem] = {}

    def too_many(self, rule: str, *keys: Any) -> bool:
        """Count one hit under a rule such as `10 per 5 minutes`; True when it is one too many."""
        item = self._parsed.setdefault(rule, parse(rule))
        return not self._limiter.hit(item, *(str(key) for key in keys))
