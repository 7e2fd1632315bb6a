"""The database: engine, Base, column types, session() and transaction(), the only place that commits."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any, cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
SQLITE_BUSY_MS = 10_000
POOL_SECONDS = 600  # a connection of PostgreSQL's is made anew after: what lies between cuts idle ones off unseen
TURN_SECONDS = 0.0005  # between two looks at whether another process has had its turn


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant in UTC; SQLite has no zones, so it is stored there without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse an instant without a zone; give SQLite plain UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Give every instant back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Instant = UtcDateTime


class Base(DeclarativeBase):
    """The mother of all tables; constraint names are fixed so that both engines migrate alike."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: sa.JSON, list[Any]: sa.JSON}  # noqa: RUF012


def table_of(model: type[Base]) -> sa.Table:
    """Return a model's table, for statements on a hot path: no object is built of their rows."""
    return cast("sa.Table", model.__table__)


def make_engine(url: str) -> sa.Engine:
    """Return an engine for SQLite (WAL, synchronous=FULL, foreign keys) or PostgreSQL."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # The connection used last is used next, and a statement that comes twice is prepared: PostgreSQL plans less.
        return sa.create_engine(
            parsed,
            pool_size=8,
            max_overflow=8,
            pool_use_lifo=True,
            pool_recycle=POOL_SECONDS,
            connect_args={"prepare_threshold": 1},
            hide_parameters=True,
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, pool_size=16, max_overflow=16, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own is deferred and too late
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={SQLITE_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at once: a reader that turns into a writer is refused with SQLITE_BUSY.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class WritersTurn:
    """SQLite has one writer: who waits here is woken in time; who polls SQLite's own lock sleeps too long.

    Threads queue for a lock, processes for that of a file beside the database. The system drops it with its process.
    """

    def __init__(self, database: str | None) -> None:
        """Queue beside a database file; one in memory belongs to a single process."""
        self._threads = Lock()
        self._path = f"{database}-turn" if database and database != ":memory:" else None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for everybody who came before, but not for ever: past that SQLite's own lock decides, and says busy."""
        deadline = monotonic() + SQLITE_BUSY_MS / 1000
        first = self._threads.acquire(timeout=SQLITE_BUSY_MS / 1000)
        try:
            file = self._queued(deadline) if first and self._path else -1
            try:
                yield
            finally:
                if file != -1:
                    os.close(file)
        finally:
            if first:
                self._threads.release()

    def _queued(self, deadline: float) -> int:
        """Return the open file when its lock is ours, or the wait was too long; -1 where it cannot be used."""
        try:
            file = os.open(str(self._path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return -1  # SQLite's own lock still keeps writers apart; they only wait longer
        while monotonic() < deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sleep(TURN_SECONDS)
            except OSError:
                break
            else:
                break
        return file


class ReadingSession(Session):
    """A session that only reads: changing a row in it, or asking it for a statement that does, is a mistake of ours."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Refuse to write what was changed."""
        if self.new or self.dirty or self.deleted:
            raise TypeError("a session for reading was asked to write; open a transaction")
        super().flush(objects)


@sa.event.listens_for(ReadingSession, "do_orm_execute")
def _refuse_writing(asked: ORMExecuteState) -> None:
    if asked.is_insert or asked.is_update or asked.is_delete:
        raise TypeError("a session for reading was asked to write; open a transaction")


class Database:
    """One database: `session()` to read, `transaction()` to write."""

    def __init__(self, url: str) -> None:
        """Open the database lazily; nothing is created before the first statement but its folder."""
        self.url = url
        self.engine = make_engine(url)
        self._writing = self.engine.execution_options(writes=True)
        # On PostgreSQL every statement sees what was committed before it, in a transaction or not: a page's reads do
        # without BEGIN and ROLLBACK around them. SQLite gives a reader one state for all its statements.
        on_postgres = self.engine.dialect.name == "postgresql"
        alone = {"isolation_level": "AUTOCOMMIT"} if on_postgres else {}
        at_once = {"isolation_level": "REPEATABLE READ"} if on_postgres else {}
        self._reading, self._snapshot = (self.engine.execution_options(**options) for options in (alone, at_once))
        self._turn = nullcontext if on_postgres else WritersTurn(self.engine.url.database).taken
        self._alone = on_postgres

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Yield a session for reading; it refuses to write."""
        with ReadingSession(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Yield a session that reads one state of the database to its end, whatever is written meanwhile."""
        with ReadingSession(self._snapshot, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """Yield a connection for a single read."""
        with self._reading.connect() as connection:
            yield connection

    @contextmanager
    def single(self) -> Iterator[Session]:
        """Yield a session for one statement that writes, whole by itself, and the reads before it.

        On PostgreSQL each statement stands alone, without BEGIN and COMMIT around them; on SQLite it is a transaction.
        """
        if self._alone:
            with Session(self._reading, expire_on_commit=False) as session:
                yield session
        else:
            with self.transaction() as session:
                yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session whose work is committed at the end, or rolled back whole when anything raises."""
        with self._turn(), Session(self._writing, expire_on_commit=False) as session:
            yield session
            session.commit()


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Migrate a database to the newest revision; a new one is created whole."""
    make_engine(url).dispose()
    command.upgrade(alembic_config(url), "head")


@cache
def newest_revision() -> str | None:
    """Return the newest revision that this code knows."""
    return ScriptDirectory.from_config(alembic_config("")).get_current_head()


def is_migrated(engine: sa.Engine) -> bool:
    """Tell whether the database stands at the newest revision."""
    head = newest_revision()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
