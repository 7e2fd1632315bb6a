"""The figures of a course after 10,000 sittings of 20 items: CPU seconds and memory, on both engines."""

import json
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from app.db import Database, upgrade
from app.reports import item_statistics
from tests.factories import COURSE, make_world
from tests.postgres import Server
from tests.simulated import simulate


def measure(folder: Path, postgres: Server, sittings: int) -> str:
    """Return the table: CPU and wall seconds, and the memory that reading took, on both engines."""
    lines = [
        "| engine | papers | answers | CPU-s | wall s | memory MiB before / peak |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for engine in ("SQLite", "PostgreSQL"):
        url = f"sqlite:///{folder / 'statistics.db'}" if engine == "SQLite" else postgres.create("statistics")
        upgrade(url)
        database = Database(url)
        world = make_world(database)
        with database.transaction() as session:
            answers = simulate(session, world.ben.id, world.release_id, sittings)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
        database.engine.dispose()
        asked = [sys.executable, "-m", "tests.bench.statistics", url, str(world.organisation_id)]
        cost = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
        lines.append(
            f"| {engine} | {sittings:,} | {answers:,} | {cost['cpu']:.2f} | {cost['wall']:.2f} "
            f"| {cost['before']:.0f} / {cost['peak']:.0f} |"
        )
    return "\n".join(lines)


def read(url: str, organisation_id: int) -> dict[str, float]:
    """Read the figures once, in a process that did nothing else; return what it cost."""
    database = Database(url)
    with database.snapshot() as session:
        item_statistics.sat_releases(session, organisation_id)
    before, cpu, began = _memory(), time.process_time(), time.perf_counter()
    with database.snapshot() as session:
        item_statistics.course_statistics(session, organisation_id=organisation_id, course_id=COURSE)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - began,
        "before": before,
        "peak": _memory(),
    }


def _memory() -> float:
    """Return the most memory that this process ever held, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1], int(sys.argv[2]))))
