"""A throw-away PostgreSQL server for tests and benchmarks: unix socket only, gone at the end."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

PROGRAMS = Path("/usr/lib/postgresql")
MISSING = (
    "PostgreSQL's server programs are missing, and the tests run on both engines. "
    "Install them (on Debian 12: apt-get install postgresql), or run `make test` as root."
)
# A server far from UTC: an instant that travels without its zone comes back wrong, and a test fails.
ZONE = "Asia/Kathmandu"
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
START_SECONDS = 60
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 2 << 30  # noqa: S108  a folder of our own is made in it
# Makes the server, stops it and removes its folder when the test run ends, however that ends: the pipe closes then.
GUARD = """
"$1/initdb" -D data -U fluence -A trust -E UTF8 --locale=C.UTF-8 --no-sync >log 2>&1 || exit
bin=$1; shift
"$bin/postgres" -D data -k "$PWD" -c listen_addresses= "$@" >log 2>&1 &
cat >/dev/null; kill -QUIT $!; wait; rm -rf "$PWD"
"""


class MissingServerError(Exception):
    """PostgreSQL is not installed; the message says what to install."""


@dataclass(frozen=True)
class Server:
    """A running server; `folder` holds its data and its socket."""

    folder: Path
    admin: sa.Engine

    def url(self, name: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql+psycopg://fluence@/{name}?host={self.folder}"

    def create(self, name: str, *, template: str = "template0") -> str:
        """Make a database, a copy of a template that nobody is connected to; return its address."""
        with self.admin.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with self.admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def programs() -> Path:
    """Return the folder of the newest PostgreSQL's programs; raise MissingServerError without one."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise MissingServerError(MISSING)
    return found[-1].parent


def in_memory() -> Path | None:
    """Return where folders are kept in memory, None where there is not room enough: no test waits for a disk there."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES else None


@contextmanager
def server(*, unsafe: bool = True) -> Iterator[Server]:
    """Run a new server; `unsafe` gives up what a crash would need, for speed."""
    bin_folder = programs()
    folder = Path(tempfile.mkdtemp(prefix="fluence-pg-", dir=in_memory() if unsafe else None))
    # PostgreSQL refuses to run as root, so root lends it the user that Debian made for it.
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []}
    user = user if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")
    start = ["-c", f"timezone={ZONE}", *(FAST if unsafe else ())]
    guard = subprocess.Popen(
        ["sh", "-c", GUARD, "guard", str(bin_folder), *start],
        cwd=folder,
        stdin=subprocess.PIPE,
        start_new_session=True,
        **user,
    )
    admin = sa.create_engine(f"postgresql+psycopg://fluence@/postgres?host={folder}", isolation_level="AUTOCOMMIT")
    try:
        _wait_for(admin, guard, folder / "log")
        yield Server(folder, admin)
    finally:
        admin.dispose()
        guard.communicate(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(admin: sa.Engine, guard: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            admin.connect().close()
        except sa.exc.OperationalError as error:
            if guard.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}") from error
            time.sleep(0.05)
        else:
            return
