"""Who comes into a recall that runs already: certified after it began, on a pass from before it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import recalling
from app.certification.models import Certification
from app.certification.recall_models import Recall, RecallChange, RecallDecision, RecallTarget
from app.certification.recalling import Bond
from app.certification.scope import Cell
from app.exams.models import Attempt
from app.releases.manifest import settings_of
from app.releases.models import Release, ReleasePiece


def join(session: Session, *, certification: Certification, attempt: Attempt | None, now: datetime) -> int:
    """Put a certification that is decided on an earlier pass into the open recalls of what that pass rests on.

    Whoever passed before a recall began and was certified after it rests on the old facts as well. Return how many.
    """
    joined = 0
    for recall in _open(session, certification):
        if attempt is None or holds_new(session, recall, attempt.release_id):
            continue
        keys = _keys(session, recall)
        session.add(
            RecallTarget(
                organisation_id=recall.organisation_id,
                recall_id=recall.id,
                certification_id=certification.id,
                account_id=certification.account_id,
                bonds={key: [Bond.PASSED.value] for key in keys},
                cells=recalling.cells_to_json(_named_cells(session, recall, keys)),
            )
        )
        joined += 1
        trail.record(
            session,
            organisation_id=recall.organisation_id,
            kind="recall.joined",
            subject=f"recall:{recall.id}",
            account_id=certification.account_id,
            actor_id=None,
            now=now,
            detail={"certification": certification.number, "attempt": attempt.id},
        )
    session.flush()
    return joined


def _open(session: Session, certification: Certification) -> Sequence[Recall]:
    """Return the recalls of a certification's course that nobody ended, and that do not concern it yet."""
    ends = exists().where(RecallDecision.recall_id == Recall.id)
    known = exists().where(RecallTarget.recall_id == Recall.id, RecallTarget.certification_id == certification.id)
    query = select(Recall).where(
        Recall.organisation_id == certification.organisation_id,
        Recall.course_id == certification.course_id,
        ~ends,
        ~known,
    )
    return session.scalars(query.order_by(Recall.id)).all()


def _named_cells(session: Session, recall: Recall, keys: Sequence[str]) -> frozenset[Cell] | None:
    """Return the cells that settings rows name, before and after; None, which is all, where any other row changed."""
    if not all(key.startswith("settings/") for key in keys):
        return None
    of = [session.get_one(Release, one) for one in (recall.base_id, recall.release_id)]
    rows = [row for release in of for row in settings_of(release.manifest)]
    return frozenset(cell for key in keys for cell in recalling.settings_cells(key, rows))


def holds_new(session: Session, recall: Recall, release_id: int) -> bool:
    """Tell whether a release holds none of a recall's rows as they were before."""
    if release_id == recall.release_id:
        return True
    keys = _keys(session, recall)
    told: dict[int, dict[str, Any]] = {release_id: {}, recall.base_id: {}}
    for of, key, shown in session.execute(
        select(ReleasePiece.release_id, ReleasePiece.key, ReleasePiece.shown).where(
            ReleasePiece.release_id.in_(told), ReleasePiece.key.in_(keys)
        )
    ):
        told[of][key] = shown
    return all(told[release_id].get(key) != told[recall.base_id].get(key) for key in keys)


def _keys(session: Session, recall: Recall) -> Sequence[str]:
    query = select(RecallChange.key).where(
        RecallChange.organisation_id == recall.organisation_id, RecallChange.recall_id == recall.id
    )
    return session.scalars(query.order_by(RecallChange.id)).all()
