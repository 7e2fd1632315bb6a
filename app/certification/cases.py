"""What a regrade is worth: signing a case, issuing what a new pass earns, reviewing a pass that no longer holds."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.certification import deciding, recalls
from app.certification.models import Certification, CertificationEvent
from app.errors import NotFoundError, RefusedError
from app.exams import case_queries
from app.exams import cases as exam_cases
from app.exams.case_models import FALLS, STANDS, CaseProposal, ItemCase, RegradeReview
from app.exams.models import Attempt
from app.people import service as people
from app.people.permissions import Action, Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class Resting:
    """A certification that an attempt earned or renewed."""

    attempt_id: int
    certification_id: int
    number: str


def resting_on(session: Session, organisation_id: int, attempt_ids: Collection[int]) -> list[Resting]:
    """Return the certifications that were issued or renewed by these attempts, by attempt; one query a thousand."""
    wanted, found = sorted(set(attempt_ids)), list[Resting]()
    query = (
        select(CertificationEvent.attempt_id, Certification.id, Certification.number)
        .join(Certification, Certification.id == CertificationEvent.certification_id)
        .where(Certification.organisation_id == organisation_id)
        .order_by(CertificationEvent.attempt_id, Certification.id)
    )
    for start in range(0, len(wanted), 1000):
        some = query.where(CertificationEvent.attempt_id.in_(wanted[start : start + 1000]))
        found += [
            Resting(attempt_id=attempt_id, certification_id=certification_id, number=number)
            for attempt_id, certification_id, number in session.execute(some)
            if attempt_id is not None
        ]
    return found


def seen_digest(proposal: CaseProposal, resting: Sequence[Resting]) -> str:
    """Return SHA-256 (hex) of what a signer of a proposal is shown: its dry run, and what rests on it."""
    told = [proposal.id, proposal.digest, [[one.attempt_id, one.certification_id] for one in resting]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def sign_case(
    session: Session, *, actor: Actor, case_id: int, proposal_id: int, password: str, seen: str, now: datetime
) -> list[Certification]:
    """Sign a case: every stored response is scored again, once, and who passes now is certified where all is met.

    A certification that this earns begins on the day of the signature, when its last requirement was met; for the
    count of attempts and the waiting time the attempt passed when it closed. `seen` is the digest of what was shown.
    """
    if not actor.can(Action.SIGN_CASE):
        raise RefusedError("Only a medical director signs a case.")
    case = case_queries.get_case(session, actor.organisation_id, case_id)
    proposal = case_queries.latest_proposal(session, actor.organisation_id, case_id)
    # People first, releases later, as everybody does who closes an attempt.
    for account_id in sorted({actor.account_id, *(flip[1] for flip in proposal.flips)}):
        people.lock_person(session, account_id)
    people.check_password(session, account_id=actor.account_id, password=password)
    _check_signer(case, proposal, actor)
    if seen != seen_digest(proposal, resting_on(session, actor.organisation_id, [flip[0] for flip in proposal.flips])):
        raise RefusedError("The results are no longer what you saw: look again, then sign.")
    case, flips = exam_cases.regrade(session, actor=actor, case_id=case_id, proposal_id=proposal_id, now=now)
    session.expire_all()  # what counts of an attempt is read anew
    for attempt_id in sorted(attempt_id for attempt_id, _, passes, *_ in flips if passes):
        recalls.note_pass(session, attempt=session.get_one(Attempt, attempt_id), as_of=now, now=now)
    return _certify(session, case, [account_id for _, account_id, passes, *_ in flips if passes], now)


def _check_signer(case: ItemCase, proposal: CaseProposal, actor: Actor) -> None:
    if case.opened_by == actor.account_id:
        raise RefusedError("You opened this case; another medical director has to sign it.")
    if proposal.proposed_by == actor.account_id:
        raise RefusedError("You chose this policy; another medical director has to sign it.")
    if any(account_id == actor.account_id for _, account_id, *_ in proposal.flips):
        raise RefusedError("This case changes your own result; another medical director has to sign it.")


def _certify(session: Session, case: ItemCase, account_ids: Sequence[int], now: datetime) -> list[Certification]:
    issued = [
        deciding.decide(
            session,
            organisation_id=case.organisation_id,
            account_id=account_id,
            course_id=case.course_id,
            as_of=now,
            now=now,
        )
        for account_id in sorted(set(account_ids))
    ]
    return [one for one in issued if one is not None]


def decide_review(
    session: Session, *, actor: Actor, case_id: int, regrade_id: int, outcome: str, reason: str, now: datetime
) -> RegradeReview:
    """Decide of a pass that a recount does not bear out: it stands, or it falls.

    Neither changes a certification: one that rests on a fallen pass is suspended by hand, by who answers for it.
    """
    if not actor.can(Action.SIGN_CASE):
        raise RefusedError("Only a medical director decides a review.")
    case = case_queries.get_case(session, actor.organisation_id, case_id)
    found = [
        one
        for one in case_queries.pass_reviews(session, actor.organisation_id, case.id)
        if one.regrade.id == regrade_id
    ]
    if not found:
        raise NotFoundError
    if found[0].account_id == actor.account_id:
        raise RefusedError("This is your own pass; another medical director decides on it.")
    people.lock_person(session, found[0].account_id)
    # Who waited for the lock sees a decision that was made meanwhile.
    decided = select(RegradeReview.id).where(
        RegradeReview.organisation_id == actor.organisation_id, RegradeReview.regrade_id == regrade_id
    )
    if session.scalar(decided) is not None:
        raise RefusedError("This review is decided already.")
    if not found[0].latest:
        raise RefusedError("A later case scored this exam again. Decide the review of that case.")
    if outcome not in (STANDS, FALLS):
        raise RefusedError("Choose whether the pass stands.")
    review = RegradeReview(
        organisation_id=actor.organisation_id,
        regrade_id=regrade_id,
        outcome=outcome,
        reason=exam_cases.told(reason, "the reason", 500),
        decided_by=actor.account_id,
        decided_at=now,
    )
    session.add(review)
    session.flush()
    session.expire_all()
    _tell_review(session, review, case.id, found[0].regrade.attempt_id, found[0].account_id)
    return review


def _tell_review(session: Session, review: RegradeReview, case_id: int, attempt_id: int, account_id: int) -> None:
    detail: dict[str, Any] = {
        "case": case_id,
        "attempt": attempt_id,
        "outcome": review.outcome,
        "reason": review.reason,
    }
    trail.record(
        session,
        organisation_id=review.organisation_id,
        kind="regrade.reviewed",
        subject=f"regrade:{review.regrade_id}",
        actor_id=review.decided_by,
        account_id=account_id,
        now=review.decided_at,
        detail=detail,
    )
