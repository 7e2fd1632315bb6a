"""Cases about items whose key was wrong, from opening to the regrade; and what trainees contest."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.db import table_of
from app.errors import RefusedError
from app.exams import case_queries, coaching, queries, replay
from app.exams.case_models import (
    DISMISSED,
    SIGNED,
    THE_RESULT,
    Appeal,
    CaseDecision,
    CaseProposal,
    ItemCase,
    Regrade,
)
from app.exams.models import CLOSED_BY_WITHDRAWAL, Attempt
from app.exams.new_keys import read_key
from app.exams.regrading import NEEDS_KEY, Correction, Policy, Tally
from app.exams.replay import Replayed
from app.exams.scoring import result_values
from app.people import service as people
from app.people.permissions import Action, Actor
from app.releases import queries as releases
from app.releases.models import Release

CONTEST_WITHIN = timedelta(days=30)
MEANING = "Reviewed with its dry run and approved: the stored responses are scored again in this way"
_REGRADE = insert(table_of(Regrade))


def open_case(
    session: Session,
    *,
    actor: Actor,
    item_hash: str,
    reason: str,
    evidence: str,
    appeal_id: int | None,
    now: datetime,
) -> ItemCase:
    """Open the case of an item as it was asked; NotFoundError where nobody of the organisation was asked it."""
    if not actor.can(Action.OPEN_CASE):
        raise RefusedError("Only an author opens the case of a question.")
    people.lock_person(session, actor.account_id)
    asked = case_queries.first_asked(session, actor.organisation_id, item_hash)
    _hold_course(session, actor.organisation_id, asked.course_id)
    running = case_queries.open_case_of(session, actor.organisation_id, item_hash)
    if running is not None:
        raise RefusedError(f"Case {running} is about this question already. Add to it, or wait for its decision.")
    if appeal_id is not None:
        case_queries.get_appeal(session, actor.organisation_id, appeal_id)
    case = ItemCase(
        organisation_id=actor.organisation_id,
        course_id=asked.course_id,
        item_id=asked.item_id,
        item_hash=item_hash,
        appeal_id=appeal_id,
        reason=told(reason, "the reason", 500),
        evidence=told(evidence, "the evidence", 2000),
        opened_by=actor.account_id,
        opened_at=now,
    )
    session.add(case)
    session.flush()
    detail = {"item": case.item_id, "hash": item_hash, "reason": case.reason, "evidence": case.evidence}
    _tell(session, actor, case, "case.opened", now, {**detail, "appeal": appeal_id})
    return case


def dry_run(
    session: Session, *, actor: Actor, case_id: int, policy: str, form: Mapping[str, Sequence[str]]
) -> tuple[Correction, Tally]:
    """Score every closed attempt that asked the item as a policy would have it, and count; nothing is written.

    `form` names the new key where the policy has one, as `new_keys.read_key` takes it.
    """
    if not actor.can(Action.OPEN_CASE):
        raise RefusedError("Only an author chooses what becomes of the responses.")
    case = case_queries.get_case(session, actor.organisation_id, case_id)
    if policy not in set(Policy):
        raise RefusedError("Choose what becomes of the responses.")
    content, key = case_queries.content(session, case.item_hash), None
    if Policy(policy) in NEEDS_KEY:
        key = read_key(content.shown, form)
        if key == content.keyed["key"]:
            raise RefusedError("This is the key that the question has. Name the one that is right.")
    correction = Correction(policy=Policy(policy), key=key)
    return correction, _count(session, case, correction)


def dry_run_again(session: Session, *, actor: Actor, case_id: int) -> tuple[Correction, Tally]:
    """Count anew what the latest proposal of a case would do; nothing is written."""
    case = case_queries.get_case(session, actor.organisation_id, case_id)
    latest = case_queries.latest_proposal(session, actor.organisation_id, case_id)
    correction = correction_of(latest)
    return correction, _count(session, case, correction)


def propose(
    session: Session,
    *,
    actor: Actor,
    case_id: int,
    correction: Correction,
    tally: Tally,
    again: bool = False,
    now: datetime,
) -> CaseProposal:
    """Keep a policy for a case with its dry run; `again` keeps who chose the policy, and only counts it anew."""
    if not (actor.can(Action.OPEN_CASE) or (again and actor.can(Action.SIGN_CASE))):
        raise RefusedError("Only an author chooses what becomes of the responses.")
    case = _undecided(session, actor, case_id)
    proposed_by = actor.account_id
    if again:
        latest = case_queries.latest_proposal(session, actor.organisation_id, case_id)
        if correction_of(latest) != correction:
            raise RefusedError("Another policy was chosen meanwhile. Look again.")
        proposed_by = latest.proposed_by
    proposal = CaseProposal(
        organisation_id=actor.organisation_id,
        case_id=case.id,
        policy=correction.policy.value,
        key=correction.key,
        proposed_by=proposed_by,
        proposed_at=now,
        attempts=tally.attempts,
        changed=tally.changed,
        flips=tally.flips,
        digest=tally.digest(correction),
    )
    session.add(proposal)
    session.flush()
    detail = {"policy": proposal.policy, "key": proposal.key, "sha256": proposal.digest, "attempts": tally.attempts}
    _tell(session, actor, case, "case.counted_again" if again else "case.proposed", now, detail)
    return proposal


def dismiss(session: Session, *, actor: Actor, case_id: int, reason: str, now: datetime) -> CaseDecision:
    """End a case without any change, with the reason."""
    if not (actor.can(Action.OPEN_CASE) or actor.can(Action.SIGN_CASE)):
        raise RefusedError("Only an author or medical director ends a case.")
    case = _undecided(session, actor, case_id)
    if case.opened_by != actor.account_id and case_queries.published(session, actor, case.item_hash):
        raise RefusedError("You published this question; somebody who did not has to end its case.")
    decision = CaseDecision(
        organisation_id=actor.organisation_id,
        case_id=case.id,
        kind=DISMISSED,
        account_id=actor.account_id,
        decided_at=now,
        meaning="Ended without a change",
        reason=told(reason, "the reason", 500),
    )
    session.add(decision)
    _tell(session, actor, case, "case.dismissed", now, {"reason": decision.reason})
    return decision


def regrade(
    session: Session, *, actor: Actor, case_id: int, proposal_id: int, now: datetime
) -> tuple[ItemCase, list[list[Any]]]:
    """Sign a case's latest proposal and store what it makes of every attempt; return the flips.

    The caller asked for the password and holds the people whose decision changes. RefusedError, with nothing stored,
    where the results are no longer those of the proposal's dry run.
    """
    case = _undecided(session, actor, case_id)
    proposal = case_queries.latest_proposal(session, actor.organisation_id, case_id)
    if proposal.id != proposal_id:
        raise RefusedError("Another policy, or another count, was proposed meanwhile. Look again, then sign.")
    correction, tally, batch = correction_of(proposal), Tally(), list[Replayed]()
    session.add(
        CaseDecision(
            organisation_id=actor.organisation_id,
            case_id=case.id,
            proposal_id=proposal.id,
            kind=SIGNED,
            account_id=actor.account_id,
            decided_at=now,
            meaning=MEANING,
            digest=proposal.digest,
        )
    )
    for one in _replay(session, case, correction):
        tally.add(one.change)
        batch.append(one)
        if len(batch) == replay.PAGE:
            _store(session, case, actor, batch, now)
            batch.clear()
    _store(session, case, actor, batch, now)
    if tally.digest(correction) != proposal.digest:
        raise RefusedError("The results are no longer what you saw: count again, look, then sign.")
    coaching.end_corrected(session, actor=actor, item_hash=case.item_hash, correction=correction, now=now)
    detail = {"proposal": proposal.id, "policy": proposal.policy, "key": proposal.key, "sha256": proposal.digest}
    _tell(session, actor, case, "case.signed", now, {**detail, "meaning": MEANING, "attempts": tally.attempts})
    return case, tally.flips


def regrade_at_close(session: Session, *, attempt: Attempt, now: datetime) -> None:
    """Score an attempt that just closed under the cases signed before, so that no wrong key decides again.

    No pass stood before: what the corrected keys say counts at once.
    """
    # Who signs a case holds the course's releases: they found this attempt, or this finds their case.
    releases.hold_release(session, attempt.release_id)
    found = replay.recounted(session, attempt)
    if found is None:
        return
    one, case_ids = found
    session.connection().execute(
        _REGRADE, [{**_row(one, attempt.organisation_id, case_id, now), "was_passed": False} for case_id in case_ids]
    )
    _tell_regrade(session, attempt.organisation_id, None, one, case_ids, now)
    session.refresh(attempt)


def contest(session: Session, *, actor: Actor, attempt_id: int, position: int, words: str, now: datetime) -> Appeal:
    """Contest an item of one's own closed paper, or (position 0) the result; once each, within thirty days."""
    people.lock_person(session, actor.account_id)
    attempt = queries.get_attempt(session, actor.organisation_id, attempt_id, actor.account_id)
    refuse_contest(attempt, now)
    if not THE_RESULT <= position <= attempt.items:
        raise RefusedError("Choose the question, or the result as a whole.")
    if position in case_queries.contested(session, actor.organisation_id, attempt.id):
        raise RefusedError("You contested this already; each question, and the result, can be contested once.")
    appeal = Appeal(
        organisation_id=actor.organisation_id,
        attempt_id=attempt.id,
        position=position,
        words=told(words, "what is wrong", 2000),
        appealed_at=now,
    )
    session.add(appeal)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="appeal.made",
        subject=f"appeal:{appeal.id}",
        actor_id=actor.account_id,
        account_id=actor.account_id,
        now=now,
        detail={"attempt": attempt.id, "position": position, "words": appeal.words},
    )
    return appeal


def refuse_contest(attempt: Attempt, now: datetime) -> None:
    """Refuse where an attempt cannot be contested: it is open, it does not count, or it is too long ago."""
    if attempt.closed_at is None:
        raise RefusedError("This exam has no result yet. Open its result first.")
    if attempt.closed_by == CLOSED_BY_WITHDRAWAL:
        raise RefusedError("This exam does not count; there is nothing to contest.")
    if now - attempt.closed_at > CONTEST_WITHIN:
        raise RefusedError(f"A result can be contested for {CONTEST_WITHIN.days} days; this one is older.")


def correction_of(proposal: CaseProposal) -> Correction:
    """Return what a proposal would make of its item."""
    return Correction(policy=Policy(proposal.policy), key=proposal.key)


def told(text: str, what: str, longest: int) -> str:
    """Return a tidied text; RefusedError where it is missing, too long, or cannot be shown."""
    tidied = " ".join(text.split())
    if not 3 <= len(tidied) <= longest or not tidied.isprintable():
        raise RefusedError(f"Write {what} in 3 to {longest} characters.")
    return tidied


def _hold_course(session: Session, organisation_id: int, course_id: str) -> None:
    """Hold a course's releases to the end of the transaction: who closes an attempt on one waits, or came before.

    Who also holds people takes them first, as everybody who closes an attempt does.
    """
    of_course = (Release.organisation_id == organisation_id) & (Release.course_id == course_id)
    session.execute(select(Release.id).where(of_course).order_by(Release.id).with_for_update())


def _undecided(session: Session, actor: Actor, case_id: int) -> ItemCase:
    """Return a case that nobody ended yet, and keep others from ending it."""
    people.lock_person(session, actor.account_id)
    case = case_queries.get_case(session, actor.organisation_id, case_id)
    _hold_course(session, actor.organisation_id, case.course_id)
    if case_queries.decision_of(session, actor.organisation_id, case_id) is not None:
        raise RefusedError("This case is decided already.")
    return case


def _replay(session: Session, case: ItemCase, correction: Correction) -> Any:
    return replay.replay(
        session,
        organisation_id=case.organisation_id,
        course_id=case.course_id,
        item_hash=case.item_hash,
        correction=correction,
    )


def _count(session: Session, case: ItemCase, correction: Correction) -> Tally:
    tally = Tally()
    for one in _replay(session, case, correction):
        tally.add(one.change)
    return tally


def _row(one: Replayed, organisation_id: int, case_id: int, now: datetime) -> dict[str, Any]:
    before, after = one.change.before, one.change.after
    return {
        "organisation_id": organisation_id,
        "attempt_id": one.change.attempt_id,
        "case_id": case_id,
        "recorded_at": now,
        "was_passed": before[1],
        "was_numerator": before[0].numerator,
        "was_denominator": before[0].denominator,
        "passed": after[1],
        "score_numerator": after[0].numerator,
        "score_denominator": after[0].denominator,
        "result": result_values(one.result),
    }


def _store(session: Session, case: ItemCase, actor: Actor, batch: Sequence[Replayed], now: datetime) -> None:
    session.flush()
    if batch:
        session.connection().execute(_REGRADE, [_row(one, case.organisation_id, case.id, now) for one in batch])
    for one in batch:
        if one.change.before != one.change.after:
            _tell_regrade(session, case.organisation_id, actor.account_id, one, [case.id], now)


def _tell_regrade(  # noqa: PLR0917  a line of the trail, in its order
    session: Session, organisation_id: int, actor_id: int | None, one: Replayed, cases: list[int], now: datetime
) -> None:
    before, after = one.change.before, one.change.after
    trail.record(
        session,
        organisation_id=organisation_id,
        kind="attempt.regraded",
        subject=f"attempt:{one.change.attempt_id}",
        actor_id=actor_id,
        account_id=one.change.account_id,
        now=now,
        detail={
            "cases": cases,
            "was": {"score": str(before[0]), "passed": before[1]},
            "is": {"score": str(after[0]), "passed": after[1]},
        },
    )


def _tell(  # noqa: PLR0917  as above
    session: Session, actor: Actor, case: ItemCase, kind: str, now: datetime, detail: Mapping[str, Any]
) -> None:
    trail.record(
        session,
        organisation_id=case.organisation_id,
        kind=kind,
        subject=f"item_case:{case.id}",
        actor_id=actor.account_id,
        now=now,
        detail=detail,
    )
