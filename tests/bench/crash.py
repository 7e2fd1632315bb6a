"""Servers that are killed without warning, and come back: Fluence's own processes, and PostgreSQL."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.bench.measure import ROOT, free_port, wait
from tests.postgres import Server, programs

TRIES = 100
AT_END = 60  # seconds to stop


def serve_command(defect: str | None) -> list[str]:
    """Return what serves Fluence, with a defect built in where one is named."""
    return [sys.executable, "-m", *(("tests.bench.defects", defect) if defect else ("app.cli", "serve"))]


def children_of(pid: int) -> list[int]:
    """Return the processes that a process of ours started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Site:
    """`fluence serve` in a process group of its own, over one database."""

    def __init__(self, url: str, command: list[str], secret: str = "") -> None:
        self.port, self.secret = free_port(), secret or secrets.token_hex(32)
        self._command = command
        self._environ = {
            "FLUENCE_DATABASE_URL": url,
            "FLUENCE_SECRET_KEY": self.secret,
            "FLUENCE_LOG_LEVEL": "error",
            "PORT": str(self.port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Serve; return the seconds until it was ready."""
        began = time.perf_counter()
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, **self._environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait(self.port, "/readyz", self._process)
        return time.perf_counter() - began

    def stop_inside(self) -> None:
        """Stop in order what another program (strace) runs, and wait until that has seen it end."""
        assert self._process is not None
        for child in children_of(self._process.pid):
            os.kill(child, signal.SIGTERM)
        self._process.wait(AT_END)
        self._process = None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop every process of it: SIGKILL leaves them no moment."""
        if self._process is None:
            return
        os.killpg(self._process.pid, how)
        self._process.wait(AT_END)
        self._process = None


class Postgres:
    """A PostgreSQL server that keeps what it said is committed, and can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        admin = f"postgresql+psycopg://fluence@/postgres?host={folder}"
        self.server = Server(folder, sa.create_engine(admin, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool))
        made = [
            str(programs() / "initdb"),
            "-D",
            "data",
            "-U",
            "fluence",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        subprocess.run(made, cwd=folder, check=True, stdout=subprocess.DEVNULL, **self._user)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, also right after a kill, when its last processes may not be gone yet."""
        for _ in range(TRIES):
            if self._process is None or self._process.poll() is not None:
                command = [
                    str(programs() / "postgres"),
                    "-D",
                    "data",
                    "-k",
                    str(self._folder),
                    "-c",
                    "listen_addresses=",
                ]
                quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                self._process = subprocess.Popen(
                    command, cwd=self._folder, start_new_session=True, **quiet, **self._user
                )
            try:
                self.server.admin.connect().close()
            except sa.exc.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("PostgreSQL did not come back")

    def kill(self) -> None:
        """Kill the server and every process that it started."""
        assert self._process is not None
        children = children_of(self._process.pid)
        self._process.kill()
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it saw its parent die
        self._process.wait(AT_END)

    def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(AT_END)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL of the bench's own, which is gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="fluence-crash-"))
    made = Postgres(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
