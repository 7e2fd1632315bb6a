"""Drawing a paper, saving responses, closing an attempt: exams score, certification decides what it is worth."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.content.draw import DrawError, Drawn, Pick, draw
from app.content.grade import credit
from app.content.values import ItemType, Scoring
from app.db import table_of
from app.errors import NotFoundError, RefusedError
from app.exams import cases, queries, timing
from app.exams.models import CLOSED_BY_WITHDRAWAL, ENDED, Attempt, AttemptGrant, Flag, PaperItem, Response
from app.exams.responses import Chosen, hash_revisions, read_form
from app.exams.scoring import ScoredItem, result_values, score_paper
from app.people import queries as people
from app.people.permissions import Action, Actor
from app.releases import queries as releases
from app.releases.manifest import exam_of
from app.releases.models import ItemContent, Release

SUBMITTED, RAN_OUT = "submitted", "ran_out"


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What became of a response: its revision and instant, and the next item (None after the last).

    `over` means that the attempt was closed or out of time, and nothing was saved.
    """

    over: bool
    revision: int = 0
    saved_at: datetime | None = None
    seconds_left: int = 0
    items: int = 0
    next_shown: dict[str, Any] | None = None
    next_chosen: Chosen = None
    next_saved_at: datetime | None = None
    next_flagged: bool = False


def create_attempt(
    session: Session, *, organisation_id: int, account_id: int, release: Release, number: int, seed: int, now: datetime
) -> Attempt:
    """Draw a paper by seed from a release and store it as drawn; items not seen before come first.

    `number` is the attempt's among all that the person made at this course, from 1.
    No item of it rests on a withdrawn row; RefusedError when the whole release is withdrawn, or too much of it.
    """
    exam = exam_of(release.manifest)
    pool = releases.pool_of(session, release)
    seen = queries.items_seen(session, organisation_id, account_id, release.course_id)
    # Held to the end of the transaction: who withdraws now finds this attempt, and ends it.
    withdrawn = releases.withdrawals(session, organisation_id, release.id, hold=True)
    if withdrawn.whole:
        raise RefusedError("This edition was withdrawn; a new edition has to be signed first.")
    drawn = _drawn(session, release, pool, seed, seen, withdrawn.facts)
    attempt = Attempt(
        organisation_id=organisation_id,
        account_id=account_id,
        course_id=release.course_id,
        release_id=release.id,
        number=number,
        seed=seed,
        proof=drawn.proof,
        items=len(drawn.picks),
        started_at=now,
        deadline_at=timing.deadline_at(now, exam.time_limit_minutes),
    )
    session.add(attempt)
    session.flush()
    session.connection().execute(_PAPER, _paper_rows(attempt.id, drawn.picks, pool))
    trail.record(
        session,
        organisation_id=organisation_id,
        kind="attempt.started",
        subject=f"attempt:{attempt.id}",
        actor_id=account_id,
        account_id=account_id,
        now=now,
        detail={"release": release.id, "number": attempt.number, "seed": str(seed), "items": attempt.items},
    )
    return attempt


def _drawn(  # noqa: PLR0917  what a draw takes, in its order
    session: Session,
    release: Release,
    pool: releases.Pool,
    seed: int,
    seen: Collection[str],
    withdrawn: Collection[str],
) -> Drawn:
    items = pool.items
    if withdrawn:
        resting = releases.items_resting_on(session, release.id, withdrawn)
        items = tuple(item for item in items if item.id not in resting)
    try:
        return draw(exam_of(release.manifest).sections, items, seed=seed, avoid=seen)
    except DrawError as error:
        if not withdrawn:
            raise
        raise RefusedError(
            "Too many facts of this edition are withdrawn to draw an exam. A new edition has to be signed first."
        ) from error


def _paper_rows(attempt_id: int, picks: Sequence[Pick], pool: releases.Pool) -> list[dict[str, Any]]:
    critical = {item.id: item.critical for item in pool.items}
    return [
        {
            "attempt_id": attempt_id,
            "position": position,
            "section": pick.section_index,
            "item_id": pick.item_id,
            "variant": pick.variant_seed,
            "item_hash": pool.hashes[pick.item_id, pick.variant_seed],
            "critical": critical[pick.item_id],
        }
        for position, pick in enumerate(picks, start=1)
    ]


_attempt, _paper, _content = Attempt.__table__.c, PaperItem.__table__.c, ItemContent.__table__.c
_flag, _response = Flag.__table__.c, Response.__table__.c
_newer = table_of(Response).alias("newer")
_LATEST = (
    select(func.max(_newer.c.revision))
    .where(_newer.c.attempt_id == _paper.attempt_id, _newer.c.position == _paper.position)
    .scalar_subquery()
)

_PAPER = insert(table_of(PaperItem))

# The two statements of a save are constant, over the tables: they are compiled once, and no object is built of a row.
# The first one finds the attempt (and locks it, so that a save and a submit follow each other), the item and the next.
_AT_ITEM = (
    select(
        _attempt.closed_at,
        _attempt.deadline_at,
        _attempt["items"],
        _paper.position,
        _content.shown,
        _flag.position.is_not(None).label("flagged"),
        _response.chosen,
        _response.saved_at,
    )
    .select_from(Attempt.__table__)
    .join(PaperItem.__table__, _paper.attempt_id == _attempt.id)
    .join(ItemContent.__table__, _content.hash == _paper.item_hash)
    .outerjoin(Flag.__table__, (_flag.attempt_id == _attempt.id) & (_flag.position == _paper.position))
    .outerjoin(
        Response.__table__,
        (_response.attempt_id == _attempt.id)
        & (_response.position == _paper.position)
        & (_response.revision == _LATEST),
    )
    .where(
        _attempt.id == bindparam("attempt_id"),
        _attempt.organisation_id == bindparam("organisation_id"),
        _attempt.account_id == bindparam("account_id"),
        _paper.position.in_((bindparam("position"), bindparam("following"))),
    )
    .order_by(_paper.position)
    .with_for_update(of=Attempt.__table__)
)
# Who waited for the lock sees with this one what was saved meanwhile: the number of a revision is never given twice.
_REVISION = (
    insert(table_of(Response))
    .from_select(
        ["attempt_id", "position", "revision", "chosen", "saved_at"],
        select(
            bindparam("attempt_id", type_=_response.attempt_id.type),
            bindparam("position", type_=_response.position.type),
            func.coalesce(func.max(_response.revision), 0) + 1,
            bindparam("chosen", type_=_response.chosen.type),
            bindparam("saved_at", type_=_response.saved_at.type),
        ).where(_response.attempt_id == bindparam("attempt_id"), _response.position == bindparam("position")),
    )
    .returning(_response.revision)
)


def save_response(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    attempt_id: int,
    position: int,
    form: Mapping[str, Sequence[str]],
    now: datetime,
) -> Saved:
    """Add a revision of the response to one item, and return the next item with it; two statements.

    RefusedError for a choice that was not offered; `over` when the time is up or the attempt was closed.
    """
    connection = session.connection()
    places = {"attempt_id": attempt_id, "position": position, "following": position + 1}
    rows = connection.execute(_AT_ITEM, {**places, "organisation_id": organisation_id, "account_id": account_id}).all()
    if not rows or rows[0].position != position:
        raise NotFoundError
    here, following = rows[0], rows[1] if len(rows) > 1 else None
    if timing.closed_at_of(here.closed_at, here.deadline_at, now) is not None:
        return Saved(over=True)
    chosen = read_form(here.shown, form)
    revision = connection.execute(_REVISION, {**places, "chosen": chosen, "saved_at": now}).scalar_one()
    return Saved(
        over=False,
        revision=revision,
        saved_at=now,
        seconds_left=timing.seconds_left(here.deadline_at, now),
        items=here.items,
        next_shown=following.shown if following else None,
        next_chosen=following.chosen if following else None,
        next_saved_at=following.saved_at if following else None,
        next_flagged=bool(following.flagged) if following else False,
    )


def set_flag(session: Session, *, attempt: Attempt, position: int, flagged: bool) -> None:
    """Flag an item to come back to, or take the flag away."""
    if not 1 <= position <= attempt.items:
        raise NotFoundError
    session.execute(select(Attempt.id).where(Attempt.id == attempt.id).with_for_update())
    session.execute(delete(Flag).where(Flag.attempt_id == attempt.id, Flag.position == position))
    if flagged:
        session.execute(insert(Flag), {"attempt_id": attempt.id, "position": position})


def close_attempt(
    session: Session,
    *,
    attempt: Attempt,
    as_of: datetime,
    closed_by: str,
    actor_id: int | None,
    now: datetime,
) -> bool:
    """Close an attempt once and score what was saved; False when somebody else had closed it already.

    One that was ended (its account disabled, its release withdrawn) is scored for the record, but never passes.
    """
    won = session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.closed_at.is_(None))
        .values(**_score(session, attempt, closed_by), closed_at=as_of, closed_by=closed_by)
        .execution_options(synchronize_session=False)
    )
    session.refresh(attempt)
    if won.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts its rows
        return False
    trail.record(
        session,
        organisation_id=attempt.organisation_id,
        kind=f"attempt.{closed_by}",
        subject=f"attempt:{attempt.id}",
        actor_id=actor_id,
        account_id=attempt.account_id,
        now=now,
        detail={
            "closed_at": as_of.isoformat(),
            "score": f"{attempt.score_numerator}/{attempt.score_denominator}",
            "passed": attempt.passed,
            "responses_hash": attempt.responses_hash,
        },
    )
    cases.regrade_at_close(session, attempt=attempt, now=now)
    return True


def _score(session: Session, attempt: Attempt, closed_by: str) -> dict[str, Any]:
    # The lock comes first: no response may be saved between reading them and closing.
    session.execute(select(Attempt.id).where(Attempt.id == attempt.id).with_for_update())
    release = session.get_one(Release, attempt.release_id)
    asked = queries.paper(session, attempt.id)
    result = score_paper([_scored(one) for one in asked], exam_of(release.manifest))
    return {
        "original_numerator": result.score.numerator,
        "original_denominator": result.score.denominator,
        "original_passed": result.passed and closed_by not in (ENDED, CLOSED_BY_WITHDRAWAL),
        "original_result": result_values(result),
        "responses_hash": hash_revisions(queries.revisions(session, attempt.id)),
    }


def _scored(asked: queries.Asked) -> ScoredItem:
    key = asked.keyed
    return ScoredItem(
        section=asked.section,
        objective=key["objective"],
        critical=asked.critical,
        credit=credit(ItemType(key["type"]), Scoring(key["scoring"]), key["key"], asked.chosen),
        answered=bool(asked.chosen),
    )


def end_open_attempts(session: Session, *, account_id: int, actor_id: int, now: datetime) -> int:
    """End what a person is sitting, before its deadline; it does not count as passed. Return how many there were."""
    query = select(Attempt).where(Attempt.account_id == account_id, Attempt.closed_at.is_(None))
    attempts = session.scalars(query).all()
    for attempt in attempts:
        close_attempt(session, attempt=attempt, as_of=now, closed_by=ENDED, actor_id=actor_id, now=now)
    return len(attempts)


def grant_attempt(
    session: Session, *, actor: Actor, account_id: int, course_id: str, reason: str, now: datetime
) -> AttemptGrant:
    """Give a person one more attempt at a course's exam, with the reason."""
    people.member(session, actor.organisation_id, account_id, actor.clinics(Action.GRANT_ATTEMPT))
    if releases.in_force(session, actor.organisation_id, course_id) is None:
        raise NotFoundError
    reason = reason.strip()
    if not 3 <= len(reason) <= 500:
        raise RefusedError("Give the reason in 3 to 500 characters.")
    grant = AttemptGrant(
        organisation_id=actor.organisation_id,
        account_id=account_id,
        course_id=course_id,
        granted_at=now,
        granted_by=actor.account_id,
        reason=reason,
    )
    session.add(grant)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="attempt.granted",
        subject=f"attempt_grant:{grant.id}",
        actor_id=actor.account_id,
        account_id=account_id,
        now=now,
        detail={"course": course_id, "reason": reason},
    )
    return grant
