"""The figures of a course after 10,000 sittings of 20 items: CPU seconds, memory, and how the database finds them."""

import json
import random
import subprocess
import sys
import time
from datetime import timedelta
from math import exp
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import clock
from app.cli.demo_story import form_for
from app.content.draw import draw
from app.db import Database, upgrade
from app.exams.models import Attempt, PaperItem, Response
from app.exams.responses import read_form
from app.releases import queries as releases
from app.releases.manifest import exam_of
from app.releases.models import ItemContent, Release
from app.reports import item_statistics
from tests.factories import COURSE, World, make_world
from tests.postgres import Server

SEED = 20261127
PAPERS = 500  # different ones; each is sat again and again
CHUNK = 1000


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
            answers = simulate(session, world, sittings)
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


def simulate(session: Session, world: World, sittings: int, *, release_id: int | None = None, seed: int = SEED) -> int:
    """Store closed papers of the shipped course, answered by people of known ability; return how many answers."""
    chance = random.Random(seed)
    release = session.get_one(Release, release_id or world.release_id)
    exam, pool = exam_of(release.manifest), releases.pool_of(session, release)
    contents = {
        one.hash: one
        for one in session.scalars(sa.select(ItemContent).where(ItemContent.hash.in_(set(pool.hashes.values()))))
    }
    papers = [draw(exam.sections, pool.items, seed=one).picks for one in range(min(PAPERS, sittings))]
    hardness = {one.id: chance.gauss(-1.2, 1.0) for one in pool.items}
    critical = {one.id: one.critical for one in pool.items}
    last = session.scalar(sa.select(sa.func.max(Attempt.id))) or 0
    number = session.scalar(sa.select(sa.func.max(Attempt.number)).where(Attempt.account_id == world.ben.id)) or 0
    began, stored = clock.now() - timedelta(days=20), 0
    for start in range(0, sittings, CHUNK):
        attempts: list[dict[str, Any]] = []
        items: list[dict[str, Any]] = []
        saves: list[dict[str, Any]] = []
        for one in range(start, min(start + CHUNK, sittings)):
            attempt_id, ability, at, right = last + one + 1, chance.gauss(0, 1), began + timedelta(minutes=one), 0
            picks = papers[one % len(papers)]
            for position, pick in enumerate(picks, start=1):
                content = contents[pool.hashes[pick.item_id, pick.variant_seed]]
                good = chance.random() < 1 / (1 + exp(hardness[pick.item_id] - ability))
                at += timedelta(seconds=chance.randint(8, 90))
                place = {"attempt_id": attempt_id, "position": position}
                items.append(
                    {
                        **place,
                        "section": pick.section_index,
                        "item_id": pick.item_id,
                        "variant": pick.variant_seed,
                        "item_hash": content.hash,
                        "critical": critical[pick.item_id],
                    }
                )
                saves.append({**place, "revision": 1, "chosen": _said(content, good, chance), "saved_at": at})
                right += good
            attempts.append(
                {
                    "id": attempt_id,
                    "organisation_id": world.organisation_id,
                    "account_id": world.ben.id,
                    "course_id": COURSE,
                    "release_id": release.id,
                    "number": number + one + 1,
                    "seed": one,
                    "proof": {},
                    "items": len(picks),
                    "started_at": began + timedelta(minutes=one),
                    "deadline_at": at + timedelta(minutes=60),
                    "closed_at": at,
                    "closed_by": "submitted",
                    "passed": right >= exam.cut_score_percent * len(picks) / 100,
                    "score_numerator": right,
                    "score_denominator": len(picks),
                }
            )
        session.execute(sa.insert(Attempt), attempts)
        session.execute(sa.insert(PaperItem), items)
        session.execute(sa.insert(Response), saves)
        stored += len(saves)
    return stored


def _said(content: ItemContent, good: bool, chance: random.Random) -> Any:  # noqa: FBT001  a person's luck
    """Return a right answer or a wrong one; wrong choices differ."""
    shown, key = content.shown, content.keyed["key"]
    if not good and shown["type"] == "single-choice":
        return [chance.choice([one["id"] for one in shown["options"] if one["id"] not in key])]
    return read_form(shown, form_for(shown, key, right=good))


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
