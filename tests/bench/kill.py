"""kill -9 of the server, and of PostgreSQL, at random moments under load: what people were told is there, whole."""

import random
import signal
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from app.db import Database
from tests.bench.crash import Postgres, Site, postgres, serve_command
from tests.bench.crowd import Person, Told, crowd, invite, until
from tests.bench.sitting import prepare
from tests.bench.verdict import faults

SITTERS = 6
FEW = 3 * SITTERS  # with fewer people waiting, more are invited
LOAD = (1, 160)  # so many things are told before the kill, and up to a moment more
MOMENT, AT_MOST = 0.03, 30  # seconds
INDEXES = """
SELECT bt_index_check(pg_class.oid, true) FROM pg_class JOIN pg_am ON pg_am.oid = relam
WHERE amname = 'btree' AND relkind = 'i' AND relnamespace = 'public'::regnamespace
"""


@dataclass
class Report:
    """What the rounds of one engine brought."""

    engine: str
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        """Tell whether anything was lost, half or strange."""
        return bool(self.faults or self.strange)

    def line(self) -> str:
        """Return the report as a line of a Markdown table."""
        kills = ", ".join(f"{number} × {what}" for what, number in sorted(self.kills.items()))
        wrong = ", ".join(f"{number} {what}" for what, number in sorted(self.faults.items())) or "0"
        told = " | ".join(str(self.told[what]) for what in ("starts", "responses", "results"))
        back = f"{median(self.restarts):.1f} / {max(self.restarts):.1f}"
        return f"| {self.engine} | {self.rounds} ({kills}) | {told} | {wrong} | {len(self.strange)} | {back} |"


HEAD = (
    "| engine | rounds (kills) | starts told | responses told | results told | lost or half | strange answers "
    "| back after s, median / max |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
)


def table(reports: list[Report]) -> str:
    """Return the reports as a Markdown table, with the first strange answers below it."""
    return "\n".join([HEAD, *(one.line() for one in reports), *(text for one in reports for text in one.strange[:5])])


def measure(folder: Path, rounds: int, defect: str | None) -> list[Report]:
    """Run the rounds on both engines."""
    reports = [_rounds("SQLite", f"sqlite:///{folder / 'kill.db'}", rounds, defect, None)]
    with postgres() as server:
        reports.append(_rounds("PostgreSQL", server.server.create("kill"), rounds, defect, server))
    return reports


def _rounds(engine: str, url: str, rounds: int, defect: str | None, server: Postgres | None) -> Report:
    prepare(url, 0)
    if server is not None:
        with sa.create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("CREATE EXTENSION amcheck")
    report, site = Report(engine), Site(url, serve_command(defect))
    waiting: deque[Person] = deque()
    everything = Told()
    site.start()
    try:
        for number in range(rounds):
            if len(waiting) < FEW:
                waiting.extend(invite(url, site.secret, FEW))
            told = Told()
            _one(site, waiting, told, _targets(number, server), report, server)
            _judge(url, told, report, since=min(told.started, default=0))
            _merge(everything, told)
        report.told.clear()
        _judge(url, everything, report, since=0)
    finally:
        site.stop()
    return report


def _targets(number: int, server: Postgres | None) -> tuple[str, ...]:
    return ("site",) if server is None else (("site",), ("site", "PostgreSQL"), ("site",), ("PostgreSQL",))[number % 4]


def _one(
    site: Site, waiting: deque[Person], told: Told, targets: tuple[str, ...], report: Report, server: Postgres | None
) -> None:
    """Load, kill, start again; where only PostgreSQL is killed, the same server has to go on by itself."""
    alone = targets == ("PostgreSQL",)
    with crowd(site.port, waiting, told, number=SITTERS, patient=alone):
        wanted = random.randint(*LOAD)
        until(lambda: told.acknowledged >= wanted, AT_MOST)
        time.sleep(random.uniform(0, MOMENT))
        if "site" in targets:
            site.stop(signal.SIGKILL)
        if "PostgreSQL" in targets and server is not None:
            server.kill()
        began = time.perf_counter()
        if "PostgreSQL" in targets and server is not None:
            server.start()
        if alone:
            before = len(told.saved)
            if not until(lambda: len(told.saved) > before, 30):
                told.strange.append("nothing was saved any more after PostgreSQL came back")
    if "site" in targets:
        site.start()
    report.restarts.append(time.perf_counter() - began)
    report.rounds += 1
    report.kills[" and ".join(targets)] += 1


def _judge(url: str, told: Told, report: Report, *, since: int) -> None:
    database = Database(url)
    with database.session() as session:
        report.faults |= faults(session, told, since=since)
        if database.engine.dialect.name == "sqlite":
            report.faults["corrupt"] |= session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() != "ok"
            report.faults["corrupt"] |= bool(session.connection().exec_driver_sql("PRAGMA foreign_key_check").all())
        else:
            session.connection().exec_driver_sql(INDEXES)  # it raises when an index and its table do not agree
    database.engine.dispose()
    report.faults = +report.faults
    report.told.update(starts=len(told.started), responses=len(told.saved), results=len(told.results))
    report.refused += told.refused
    report.strange.extend(told.strange)


def _merge(everything: Told, told: Told) -> None:
    everything.started |= told.started
    everything.saved |= told.saved
    everything.submitted |= told.submitted
    everything.results |= told.results
