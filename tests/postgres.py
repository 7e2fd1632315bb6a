"""A throw-away PostgreSQL server for tests and benchmarks: unix socket only, gone at the end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
UNSAFE_AND_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


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


@contextmanager
def server(*, unsafe: bool = True) -> Iterator[Server]:
    """Run a new server; `unsafe` gives up what a crash would need, for speed."""
    bin_folder = programs()
    # PostgreSQL refuses to run as root, so root lends it the user that Debian made for it.
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []}
    user = user if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="fluence-pg-"))
    if user:
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [str(bin_folder / program), "-D", str(folder / "data"), *arguments]
        errors = folder / "errors"  # a file: a server that was started would hold a pipe open
        with errors.open("w") as stderr:
            done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=stderr, check=False, **user)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {errors.read_text(errors='replace')}")

    settings = f"-k {folder} -c listen_addresses='' -c timezone={ZONE} {UNSAFE_AND_FAST if unsafe else ''}"
    try:
        run("initdb", "-U", "fluence", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", settings, "start")
        admin = sa.create_engine(f"postgresql+psycopg://fluence@/postgres?host={folder}", isolation_level="AUTOCOMMIT")
        yield Server(folder, admin)
        admin.dispose()
    finally:
        with suppress(RuntimeError):
            run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
