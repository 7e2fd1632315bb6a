"""Databases for tests on both engines: made whole once, then copied, so that each test may have its own."""

import fcntl
import itertools
import pickle
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar, cast

from sqlalchemy import Engine, make_url

import config
from app.db import Database, make_engine, upgrade
from app.reports import item_statistics
from tests.postgres import Server, server

EngineName = Literal["sqlite", "postgresql"]
ENGINES: tuple[EngineName, ...] = ("sqlite", "postgresql")
EMPTY = "fluence_empty"
Made = TypeVar("Made")


class Databases:
    """Makes databases from templates; PostgreSQL starts at its first use, and ends with `stack`.

    `folder` is this process's own, `together` that of all that test side by side: a template of SQLite is made once.
    """

    def __init__(self, folder: Path, stack: ExitStack, *, together: Path | None = None) -> None:
        self._folder = folder
        self._together = together or folder
        self._stack = stack
        self._server: Server | None = None
        self._made: dict[tuple[EngineName, str], object] = {}
        self._shared: dict[tuple[EngineName, str], Engine] = {}
        self._opened: dict[str, Database] = {}
        self._numbers = itertools.count(1)

    def template(self, engine: EngineName, name: str, fill: Callable[[Database], Made]) -> Made:
        """Make a template that `fill` has filled, once; return what `fill` returned."""
        if (engine, name) not in self._made:
            made = partial(self._filled, engine, name, fill)
            self._made[engine, name] = self._once(name, made) if engine == "sqlite" else made()
        return cast("Made", self._made[engine, name])

    def _filled(self, engine: EngineName, name: str, fill: Callable[[Database], Made]) -> Made:
        self._empty(engine)
        database = Database(self._create(engine, name, EMPTY, beside=self._together))
        made = fill(database)
        database.engine.dispose()
        return made

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        """Make a template that is a file in one of the processes that test side by side; the others take it over."""
        known = self._together / f"{name}.made"
        with (self._together / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not known.exists():
                known.write_bytes(pickle.dumps(make()))
        return cast("Made", pickle.loads(known.read_bytes()))  # noqa: S301  ours, of a moment ago

    def _empty(self, engine: EngineName) -> None:
        """Make the template that is migrated and holds nothing."""
        if (engine, EMPTY) not in self._made:
            make = partial(self._migrated, engine)
            self._made[engine, EMPTY] = self._once(EMPTY, make) if engine == "sqlite" else make()

    def _migrated(self, engine: EngineName) -> None:
        upgrade(self._create(engine, EMPTY, None, beside=self._together))

    @contextmanager
    def opened(self, engine: EngineName, template: str = EMPTY) -> Iterator[Database]:
        """Open a copy of a template for one test; the next one finds the engine with its statements compiled."""
        with self.copy(engine, template, name="fluence_opened") as url:
            if url not in self._opened:
                self._opened[url] = Database(url)
            yield self._opened[url]
            self._opened[url].engine.dispose()
            item_statistics._figured.clear()  # noqa: SLF001  the next database has the same address

    @contextmanager
    def copy(self, engine: EngineName, template: str = EMPTY, *, name: str = "") -> Iterator[str]:
        """Yield the address of a copy of a template, which is gone after the block."""
        name = name or f"fluence_{next(self._numbers)}"
        yield self._new(engine, name, template)
        if engine == "postgresql":
            self._postgres().drop(name)
        else:
            shutil.rmtree(self._folder / name)

    def shared(self, engine: EngineName, template: str = EMPTY) -> Engine:
        """Return the one copy of a template that tests roll back in."""
        if (engine, template) not in self._shared:
            made = make_engine(self._new(engine, f"{template}_shared", template))
            self._stack.callback(made.dispose)
            self._shared[engine, template] = made
        return self._shared[engine, template]

    def _new(self, engine: EngineName, name: str, template: str) -> str:
        self._empty(engine)
        return self._create(engine, name, template, beside=self._folder)

    def _create(self, engine: EngineName, name: str, template: str | None, *, beside: Path) -> str:
        if engine == "postgresql":
            return self._postgres().create(name, template=template or "template0")
        folder = beside / name
        folder.mkdir()
        if template:
            # The last connection to close has written everything into the file itself.
            shutil.copy(self._together / template / "fluence.db", folder)
        return f"sqlite:///{folder / 'fluence.db'}"

    def _postgres(self) -> Server:
        if self._server is None:
            self._server = self._stack.enter_context(server())
        return self._server


def engine_of(url: str) -> EngineName:
    """Return which engine an address names."""
    return "sqlite" if make_url(url).get_backend_name() == "sqlite" else "postgresql"


def settings_for(database_url: str, folder: Path, **more: str) -> config.Settings:
    """Return settings as an installation would have them: over a database, files in a folder, and `more`."""
    return config.load(
        {
            "FLUENCE_DATABASE_URL": database_url,
            "FLUENCE_SECRET_KEY": secrets.token_hex(32),
            "FLUENCE_QUEUE_PATH": str(folder / "queue.db"),
            "FLUENCE_EVIDENCE_PATH": str(folder / "evidence"),
            **more,
        }
    )
