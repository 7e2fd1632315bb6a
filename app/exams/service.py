"""Drawing a paper, closing an attempt, granting one more: exams score, certification decides what it is worth."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.audit import service as trail
from app.content.draw import DrawError, Drawn, Pick
from app.content.redraw import digest_of, inputs_of, redraw
from app.content.renewal import Renewal
from app.db import table_of
from app.errors import NotFoundError, RefusedError
from app.exams import cases, coaching, queries, timing
from app.exams.exposure import asked_lately
from app.exams.models import CLOSED_BY_WITHDRAWAL, COUNTED, ENDED, Attempt, AttemptGrant, Flag, PaperItem
from app.exams.proctoring import DECLARATION
from app.exams.regrading import recount
from app.exams.renewing import inputs_of_renewal
from app.exams.responses import hash_revisions
from app.exams.scoring import result_values
from app.people import queries as people
from app.people.names import clean_reason
from app.people.permissions import Action, Actor
from app.releases import queries as releases
from app.releases.manifest import exam_of
from app.releases.models import Release

_PAPER = insert(table_of(PaperItem))
SUBMITTED, RAN_OUT = "submitted", "ran_out"


def create_attempt(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    release: Release,
    number: int,
    seed: int,
    granted: Sequence[timing.Granted] = (),
    networks: Sequence[str] = (),
    renewal: Renewal | None = None,
    now: datetime,
) -> Attempt:
    """Draw a paper by seed from a release and store it as drawn; items not seen before come first.

    `number` is the attempt's among all that the person made at this course, from 1. The attempt keeps the terms of the
    accommodations that hold (`granted`), whatever becomes of them later. Who renews sits the exam of the `renewal`.
    No item of it rests on a withdrawn row; RefusedError when the whole release is withdrawn, or too much of it.
    """
    exam = renewal.exam if renewal else exam_of(release.manifest)
    pool = releases.pool_of(session, release)
    seen = queries.items_seen(session, organisation_id, account_id, release.course_id) if number > 1 else frozenset()
    # Held to the end of the transaction: who withdraws now finds this attempt, and ends it.
    withdrawn = releases.withdrawals(session, organisation_id, release.id, hold=True)
    if withdrawn.whole:
        raise RefusedError("This edition was withdrawn; a new edition has to be signed first.")
    asks = inputs_of_renewal(session, account_id=account_id, release=release, pool=pool, renewal=renewal)
    drawn, inputs = _drawn(session, release, pool, seed, seen, withdrawn.facts, asks)
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
        deadline_at=timing.deadline_at(now, exam.time_limit_minutes, timing.most_of(granted).time_factor),
        draw_inputs=inputs,
        terms=timing.terms_json(granted) if granted else None,
        asks_certainty=exam.certainty,
        networks=list(networks),
    )
    session.add(attempt)
    session.flush()
    session.connection().execute(_PAPER, _paper_rows(attempt.id, drawn.picks, pool))
    _tell_start(session, attempt, digest_of(inputs))
    return attempt


def _tell_start(session: Session, attempt: Attempt, drawn_from: str) -> None:
    detail = {"release": attempt.release_id, "number": attempt.number, "seed": str(attempt.seed)}
    trail.record(
        session,
        organisation_id=attempt.organisation_id,
        kind="attempt.started",
        subject=f"attempt:{attempt.id}",
        actor_id=attempt.account_id,
        account_id=attempt.account_id,
        now=attempt.started_at,
        detail={
            **detail,
            "items": attempt.items,
            "declared": DECLARATION,
            "drawn_from": drawn_from,
            "terms": attempt.terms,
            **({"networks": attempt.networks} if attempt.networks else {}),
        },
    )


def _drawn(  # noqa: PLR0917  what a draw takes, in its order
    session: Session,
    release: Release,
    pool: releases.Pool,
    seed: int,
    seen: Collection[str],
    withdrawn: Collection[str],
    renewal: Mapping[str, Any],
) -> tuple[Drawn, dict[str, Any]]:
    left_out = releases.items_resting_on(session, release.id, withdrawn) if withdrawn else {}
    asked = asked_lately(session, release.organisation_id, release.id)
    inputs = inputs_of(pool.items, left_out=left_out, seen=seen, asked=asked)
    if renewal:
        inputs["renewal"] = renewal
    try:
        return redraw(exam_of(release.manifest).sections, pool.items, seed=seed, inputs=inputs), inputs
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
    values = {**_score(session, attempt, closed_by), "closed_at": as_of, "closed_by": closed_by}
    won = session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.closed_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if won.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts its rows
        session.refresh(attempt)
        return False
    for name, value in values.items():
        set_committed_value(attempt, name, value)
        if name in COUNTED:
            set_committed_value(attempt, COUNTED[name], value)
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
    if closed_by in (SUBMITTED, RAN_OUT):
        coaching.note_tasks(session, attempt=attempt, now=now)
    return True


def _score(session: Session, attempt: Attempt, closed_by: str) -> dict[str, Any]:
    # The lock comes first: no response may be saved between reading them and closing.
    session.execute(select(Attempt.id).where(Attempt.id == attempt.id).with_for_update())
    release = session.get_one(Release, attempt.release_id)
    asked = queries.paper(session, attempt.id)
    result = recount([queries.answered(one) for one in asked], exam_of(release.manifest))
    return {
        "original_numerator": result.score.numerator,
        "original_denominator": result.score.denominator,
        "original_passed": result.passed and closed_by not in (ENDED, CLOSED_BY_WITHDRAWAL),
        "original_result": result_values(result),
        "responses_hash": hash_revisions(queries.revisions(session, attempt.id)),
    }


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
    if account_id == actor.account_id:
        raise RefusedError("Somebody else grants you an attempt; ask another manager.")
    if releases.in_force(session, actor.organisation_id, course_id) is None:
        raise NotFoundError
    reason = clean_reason(reason)
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
