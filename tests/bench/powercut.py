"""The power goes at thousands of moments of real sittings on SQLite: what people were told by then is there.

strace records what the served processes write, make durable, and answer. Each state of the disk that a cut at one of
these moments may leave is opened with Fluence's own engine, checked, and compared with what was told before it.
"""

import os
import random
import secrets
import shutil
import signal
import tempfile
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from app.db import Database
from tests.bench.crash import Site, serve_command
from tests.bench.crowd import Person, Told, crowd, invite, until
from tests.bench.disk import Disk
from tests.bench.sitting import prepare
from tests.bench.traced import OPTIONS, Step, steps
from tests.bench.verdict import faults

MISSING = (
    "The power cut needs strace to record what the server writes. Install it (on Debian 12: apt-get install strace)."
)
SITTINGS = (40, 20)  # in two runs: the first is killed and leaves its log, the second begins with it and stops in order
SITTERS = 4
AT_MOST = 600  # seconds to sit
DATABASE = "site.db"
MEMORY = next(iter(Path("/").glob("dev/shm")), None)  # no state needs a disk


@dataclass(kw_only=True)
class Report:
    """What the states showed: how many had which fault, and how many things were missing in the worst."""

    states: int = 0
    steps: int = 0
    told: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    worst: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        """Tell whether any state was not whole."""
        return bool(self.bad or self.strange)

    def __str__(self) -> str:
        """Return it in words."""
        wrong = "; ".join(f"{what} in {number} states, at most {self.worst[what]}" for what, number in self.bad.items())
        return (
            f"{self.states} states of {self.steps} steps, with {self.told} acknowledged at the end: "
            f"{wrong or '0 lost, 0 half, 0 corrupt'}. Strange answers: {self.strange[:3] or 0}."
        )


def measure(folder: Path, states: int, defect: str | None) -> Report:
    """Record sittings, cut the power at so many moments, and report."""
    if shutil.which("strace") is None:
        raise SystemExit(MISSING)
    place = folder / "recorded"
    place.mkdir()
    report = Report()
    base, traces = _record(place, folder, defect, report)
    recorded = list(chain.from_iterable(steps(path.open(errors="replace"), place) for path in traces))
    report.steps = len(recorded)
    report.told = sum(step.kind == "told" for step in recorded)
    first = next(number for number, step in enumerate(recorded) if step.kind == "told")
    moments = sorted(random.randrange(first, len(recorded)) for _ in range(states))
    shares = os.cpu_count() or 1
    with ProcessPoolExecutor(shares) as pool:
        for one in pool.map(_cut, *zip(*((base, recorded, moments[n::shares]) for n in range(shares)), strict=True)):
            report.states += one.states
            report.bad += one.bad
            report.worst |= one.worst
    return report


def _record(place: Path, folder: Path, defect: str | None, report: Report) -> tuple[dict[str, bytes], list[Path]]:
    """Let people sit under strace; return the files as they were before, and the traces."""
    url = f"sqlite:///{place / DATABASE}"
    prepare(url, 0)
    traces = [folder / f"trace{run}" for run in range(len(SITTINGS))]
    secret = secrets.token_hex(32)
    sites = [Site(url, ["strace", *OPTIONS, "-o", str(trace), *serve_command(defect)], secret) for trace in traces]
    waiting = deque[Person](invite(url, secret, 2 * sum(SITTINGS)))
    base = {path.name: path.read_bytes() for path in place.iterdir() if path.name in (DATABASE, f"{DATABASE}-wal")}
    told = Told()
    for site, wanted in zip(sites, SITTINGS, strict=True):
        site.start()
        enough = len(told.results) + wanted
        with crowd(site.port, waiting, told, number=SITTERS):
            if not until(lambda enough=enough: len(told.results) >= enough, AT_MOST):  # type: ignore[misc]
                report.strange.append("too few sittings were finished to prove anything")
        if site is sites[-1]:
            site.stop_inside()
        else:
            site.stop(signal.SIGKILL)
    report.strange.extend(told.strange)
    return base, traces


def _cut(base: dict[str, bytes], recorded: list[Step], moments: list[int]) -> Report:
    """Judge the states at some moments of the record."""
    report, disk, told = Report(), Disk(base), Told()
    chance = random.Random(len(recorded))
    due = deque(moments)
    for number, step in enumerate(recorded):
        while due and due[0] == number:
            due.popleft()
            report.states += 1
            found = _state(disk, told, chance)
            report.bad.update(found.keys())
            report.worst |= found
        if step.kind == "told":
            _hear(told, step.told)
        else:
            disk.apply(step)
    return report


def _state(disk: Disk, told: Told, chance: random.Random) -> Counter[str]:
    """Open one state as the site would, and count what is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="fluence-cut-", dir=MEMORY) as left:
        disk.fail(chance, Path(left))
        database = Database(f"sqlite:///{Path(left) / DATABASE}")
        try:
            with database.session() as session:
                if session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                    return Counter({"corrupt": 1})
                return faults(session, told)
        except DatabaseError:
            return Counter({"corrupt": 1})
        finally:
            database.engine.dispose()


def _hear(told: Told, what: tuple[int, ...]) -> None:
    match what:
        case (attempt,):
            told.started.add(attempt)
        case (attempt, _):
            told.submitted.add(attempt)
        case (attempt, position, revision):
            told.saved.add((attempt, position, revision))
