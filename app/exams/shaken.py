"""Passes that a withdrawn row shakes: each is scored again without the items that rest on it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.exams import queries
from app.exams.models import Attempt
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
    asked = queries.paper(session, attempt_id)
    kept = [queries.scored(one) for one in asked if not set(one.keyed["facts"]) & set(withdrawn)]
    if len(kept) == len(asked):
        return True
    return bool(kept) and score_paper(kept, exam_of(manifest)).passed
