"""Passes that a withdrawn row shakes: each is scored again by the keys that count, without what rests on it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.exams.aftermath import aftermath
from app.exams.models import Attempt
from app.exams.regrading import scored
from app.exams.scoring import score_paper
from app.releases.manifest import exam_of
from app.releases.models import Release, ReleaseWithdrawal


def shaken(session: Session, touched: Collection[int]) -> frozenset[int]:
    """Return those of these passes that would not be one without what was withdrawn; a query, and one for each.

    `touched` as `History.touched` has it. A pass that still holds without the items in doubt counts on.
    """
    if not touched:
        return frozenset()
    edition = aliased(Release)
    rows = session.execute(
        select(Attempt.id, Release.manifest, ReleaseWithdrawal.fact)
        .join(Release, Release.id == Attempt.release_id)
        .join(edition, (edition.organisation_id == Attempt.organisation_id) & (edition.course_id == Attempt.course_id))
        .join(
            ReleaseWithdrawal,
            (ReleaseWithdrawal.organisation_id == Attempt.organisation_id)
            & (ReleaseWithdrawal.release_id == edition.id),
        )
        .where(
            Attempt.id.in_(touched),
            ReleaseWithdrawal.release_id >= Attempt.release_id,
            ReleaseWithdrawal.fact != "",
        )
    )
    facts: dict[int, set[str]] = {}
    manifests: dict[int, dict[str, Any]] = {}
    for attempt_id, manifest, fact in rows:
        facts.setdefault(attempt_id, set()).add(fact)
        manifests[attempt_id] = manifest
    return frozenset(one for one, withdrawn in facts.items() if not _holds(session, one, manifests[one], withdrawn))


def _holds(session: Session, attempt_id: int, manifest: dict[str, Any], withdrawn: Collection[str]) -> bool:
    paper = aftermath(session, session.get_one(Attempt, attempt_id)).answered
    kept = [one for one in paper if not set(one.keyed["facts"]) & set(withdrawn)]
    items = scored(kept)
    return len(kept) == len(paper) or (bool(items) and score_paper(items, exam_of(manifest)).passed)
