"""What a renewal asks first: what changed since the period before, and what its person answered wrongly last.

Told once, when an attempt starts, and kept with it. The class that the comparison proposes counts: who confirmed a
change as a smaller one does not keep it out of a renewal.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.content.compare import ChangeClass
from app.content.redraw import renewal_inputs
from app.content.renewal import First, Renewal
from app.exams.models import CLOSED_BY_WITHDRAWAL, ENDED, Attempt, PaperItem, Response
from app.exams.regrading import Answered, credit_of
from app.exams.replay import corrections
from app.releases import comparing
from app.releases import queries as releases
from app.releases.models import ItemContent, Release

LATELY = 8
"""Papers of a person that are looked at, the latest ones."""
GRADED = (ChangeClass.FACT, ChangeClass.KEY)


def inputs_of_renewal(
    session: Session, *, account_id: int, release: Release, pool: releases.Pool, renewal: Renewal | None
) -> dict[str, Any]:
    """Return what a renewal adds to the inputs of a draw, nothing for another exam.

    `since` is the release before, by id and edition.
    """
    if renewal is None:
        return {}
    base = session.get(Release, renewal.since_id) if renewal.since_id else None
    weak = weak_rows(session, release.organisation_id, account_id, release.course_id)
    first = First(
        changed=_resting_on_changes(session, base, release, pool),
        weak={item.id for item in pool.items if item.key_row in weak},
    )
    return {
        **renewal_inputs(pool.items, sections=renewal.exam.sections, first=first),
        "since": {"release": base.id, "edition": base.edition} if base else None,
    }


def _resting_on_changes(
    session: Session, base: Release | None, release: Release, pool: releases.Pool
) -> Collection[str]:
    """Return the items of a release that ask what is graded otherwise than in the one before, or is new in it.

    Of a row that nothing asks by itself, such as a step, the items that rest on it.
    """
    keys = {
        one.key
        for one in comparing.changes_between(session, base, release)
        if one.change_class in GRADED and not one.removed
    }
    asking = {item.id for item in pool.items if item.key_row in keys}
    unasked = keys - {item.key_row for item in pool.items}
    return asking | set(releases.items_resting_on(session, release.id, unasked) if unasked else ())


def weak_rows(session: Session, organisation_id: int, account_id: int, course_id: str) -> frozenset[str]:
    """Return the key rows that a person did not answer with full credit the last time that an exam asked them.

    Only the person's latest papers at the course are looked at, each under the corrections of its items that were
    signed. What was ended, or withdrawn, tells nothing.
    """
    known = corrections(session, organisation_id)
    right: dict[str, bool] = {}
    for row in session.execute(_answers(organisation_id, account_id, course_id)):
        earned = credit_of(
            Answered(
                section=row.section,
                critical=row.critical,
                keyed=row.keyed,
                chosen=row.chosen,
                correction=known.get(row.item_hash),
            )
        )
        if earned is not None:
            right[row.keyed["key_row"]] = earned >= 1
    return frozenset(row for row, was_right in right.items() if not was_right)


def _answers(organisation_id: int, account_id: int, course_id: str) -> Any:
    """Return a query of what somebody's latest closed papers asked and got in answer, the oldest first."""
    latest = (
        select(Attempt.id)
        .where(
            Attempt.organisation_id == organisation_id,
            Attempt.account_id == account_id,
            Attempt.course_id == course_id,
            Attempt.closed_at.is_not(None),
            Attempt.closed_by.not_in((ENDED, CLOSED_BY_WITHDRAWAL)),
        )
        .order_by(Attempt.number.desc())
        .limit(LATELY)
    )
    newer = aliased(Response)
    last = (
        select(func.max(newer.revision))
        .where(newer.attempt_id == PaperItem.attempt_id, newer.position == PaperItem.position)
        .scalar_subquery()
    )
    return (
        select(PaperItem.section, PaperItem.critical, PaperItem.item_hash, ItemContent.keyed, Response.chosen)
        .join(Attempt, Attempt.id == PaperItem.attempt_id)
        .join(ItemContent, ItemContent.hash == PaperItem.item_hash)
        .outerjoin(
            Response,
            (Response.attempt_id == PaperItem.attempt_id)
            & (Response.position == PaperItem.position)
            & (Response.revision == last),
        )
        .where(PaperItem.attempt_id.in_(latest))
        .order_by(Attempt.number, PaperItem.position)
    )
