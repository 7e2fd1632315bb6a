"""Closed papers in bulk, answered by people of known ability: for the pages and the bench of statistics."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import clock
from app.cli.demo_story import form_for
from app.content.draw import Pick, draw
from app.content.values import Exam
from app.exams.models import Attempt, PaperItem, Response
from app.exams.responses import read_form
from app.releases import queries as releases
from app.releases.manifest import exam_of
from app.releases.models import ItemContent, Release

SEED = 20261127
PAPERS = 500  # different ones; each is sat again and again
CHUNK = 1000


@dataclass
class Rows:
    """What a chunk of sittings stores."""

    attempts: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    saves: list[dict[str, Any]] = field(default_factory=list)


class Sitters:
    """People of normal ability before items of normal difficulty: who is better than an item is likelier right."""

    def __init__(self, session: Session, release: Release, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  people of known truth, not a secret
        self.release = release
        self.exam: Exam = exam_of(release.manifest)
        self.pool = releases.pool_of(session, release)
        wanted = set(self.pool.hashes.values())
        self.contents = {
            one.hash: one for one in session.scalars(sa.select(ItemContent).where(ItemContent.hash.in_(wanted)))
        }
        self.hardness = {one.id: self.chance.gauss(-1.2, 1.0) for one in self.pool.items}
        self.critical = {one.id: one.critical for one in self.pool.items}

    def sit(self, rows: Rows, attempt: dict[str, Any], picks: Sequence[Pick]) -> None:
        """Answer a paper item by item, and close it."""
        ability, right, at = self.chance.gauss(0, 1), 0, attempt["started_at"]
        for position, pick in enumerate(picks, start=1):
            content = self.contents[self.pool.hashes[pick.item_id, pick.variant_seed]]
            good = self.chance.random() < 1 / (1 + exp(self.hardness[pick.item_id] - ability))
            at += timedelta(seconds=self.chance.randint(8, 90))
            right += good
            place = {"attempt_id": attempt["id"], "position": position}
            rows.items.append(
                {
                    **place,
                    "section": pick.section_index,
                    "item_id": pick.item_id,
                    "variant": pick.variant_seed,
                    "item_hash": content.hash,
                    "critical": self.critical[pick.item_id],
                }
            )
            rows.saves.append({**place, "revision": 1, "chosen": self._said(content, good), "saved_at": at})
        score = {"score_numerator": right, "score_denominator": len(picks), "items": len(picks)}
        passed = right * 100 >= self.exam.cut_score_percent * len(picks)
        rows.attempts.append({**attempt, **score, "closed_at": at, "closed_by": "submitted", "passed": passed})

    def _said(self, content: ItemContent, good: bool) -> Any:  # noqa: FBT001  a person's luck
        shown, key = content.shown, content.keyed["key"]
        if not good and shown["type"] == "single-choice":
            return [self.chance.choice([one["id"] for one in shown["options"] if one["id"] not in key])]
        return read_form(shown, form_for(shown, key, right=good))


def simulate(session: Session, account_id: int, release_id: int, sittings: int, seed: int = SEED) -> int:
    """Store closed papers of a release, all of them of one account; return how many answers they hold."""
    sitters = Sitters(session, session.get_one(Release, release_id), seed)
    papers = [draw(sitters.exam.sections, sitters.pool.items, seed=one).picks for one in range(min(PAPERS, sittings))]
    stored = 0
    for chunk in _chunks(list(_attempts(session, account_id, sitters.release, sittings))):
        rows = Rows()
        for attempt in chunk:
            sitters.sit(rows, attempt, papers[attempt["seed"] % len(papers)])
        session.execute(sa.insert(Attempt), rows.attempts)
        session.execute(sa.insert(PaperItem), rows.items)
        session.execute(sa.insert(Response), rows.saves)
        stored += len(rows.saves)
    return stored


def _attempts(session: Session, account_id: int, release: Release, sittings: int) -> Iterator[dict[str, Any]]:
    last = session.scalar(sa.select(sa.func.max(Attempt.id))) or 0
    number = session.scalar(sa.select(sa.func.max(Attempt.number)).where(Attempt.account_id == account_id)) or 0
    began: datetime = clock.now() - timedelta(days=20)
    for one in range(sittings):
        yield {
            "id": last + one + 1,
            "organisation_id": release.organisation_id,
            "account_id": account_id,
            "course_id": release.course_id,
            "release_id": release.id,
            "number": number + one + 1,
            "seed": one,
            "proof": {},
            "started_at": began + timedelta(minutes=one),
            "deadline_at": began + timedelta(minutes=one + 60),
        }


def _chunks(attempts: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    return (attempts[start : start + CHUNK] for start in range(0, len(attempts), CHUNK))
