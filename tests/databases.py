"""Databases for tests on both engines: made whole once, then copied, so that each test may have its own."""

import itertools
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
    """Makes databases from templates; PostgreSQL starts at its first use, and ends with `stack`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._server: Server | None = None
        self._made: dict[tuple[EngineName, str], object] = {}
        self._shared: dict[tuple[EngineName, str], Engine] = {}
        self._opened: dict[str, Database] = {}
        self._numbers = itertools.count(1)

    def template(self, engine: EngineName, name: str, fill: Callable[[Database], Made]) -> Made:
        """Make a template that `fill` has filled, once; return what `fill` returned."""
        if (engine, name) not in self._made:
            url = self._new(engine, name, EMPTY)
            database = Database(url)
            self._made[engine, name] = fill(database)
            database.engine.dispose()
        return cast("Made", self._made[engine, name])

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
        if (engine, EMPTY) not in self._made:
            self._made[engine, EMPTY] = None
            upgrade(self._create(engine, EMPTY, None))
        return self._create(engine, name, template)

    def _create(self, engine: EngineName, name: str, template: str | None) -> str:
        if engine == "postgresql":
            return self._postgres().create(name, template=template or "template0")
        folder = self._folder / name
        folder.mkdir()
        if template:
            # The last connection to close has written everything into the file itself.
            shutil.copy(self._folder / template / "fluence.db", folder)
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
