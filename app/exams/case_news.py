"""Whom cases and appeals concern: how many wait for somebody, which an author opens, what is new to their owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Exists, ScalarSelect, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.exams.case_models import (
    THE_RESULT,
    Appeal,
    AppealAnswer,
    CaseDecision,
    CaseProposal,
    ItemCase,
    Regrade,
    RegradeReview,
)
from app.exams.case_queries import Contested, appeals
from app.exams.models import Attempt, PaperItem
from app.people.models import Account
from app.people.permissions import Action, Actor
from app.releases.models import Release


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """The latest attempts of a person at a course that were scored again, and of which an appeal was answered."""

    regraded: int | None = None
    answered: int | None = None


NO_NEWS = News()
# Who does what waits: an appeal to answer, a case to open, one to sign, a pass to review.
ACTIONS = (Action.DECIDE_APPEAL, Action.OPEN_CASE, Action.SIGN_CASE, Action.SIGN_CASE)


def waiting(session: Session, actor: Actor) -> int:
    """Count what waits for somebody: appeals to answer, cases to open, sign or review; one query, or none.

    It is a hint where to look. Appeals of oneself, and of papers that one published, are left out; whether one trained
    the person is asked when the appeal is opened.
    """
    if not any(actor.can(action) for action in ACTIONS):
        return 0
    return of_these(actor, session.execute(select(*waiting_beside()).where(Account.id == actor.account_id)).one())


def of_these(actor: Actor, counts: Sequence[int]) -> int:
    """Return how much of what `waiting_beside` counted is for somebody to do."""
    return sum(count for action, count in zip(ACTIONS, counts, strict=True) if actor.can(action))


@cache
def waiting_beside() -> tuple[ScalarSelect[Any], ...]:
    """Return a count for each of `ACTIONS`, beside an account: another query brings them along."""
    parts = (_to_answer(), _to_open(), _to_sign(), _to_review())
    return tuple(part.correlate(Account).scalar_subquery() for part in parts)


def pending(session: Session, organisation_id: int) -> list[Contested]:
    """Return the appeals that wait for an answer, and those upheld that wait for the case of their item; one query."""
    unanswered = ~_answers()
    return appeals(session, organisation_id, only=or_(unanswered, Appeal.id.in_(_without_case(organisation_id))))


def news_beside(organisation_id: int, account_id: int, since: datetime) -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
    """Return two scalars by `Release.course_id`: the attempts of `News` since an instant."""
    mine = and_(
        Attempt.organisation_id == organisation_id,
        Attempt.account_id == account_id,
        Attempt.course_id == Release.course_id,
    )
    regraded = (
        select(func.max(Attempt.id))
        .join(Regrade, Regrade.attempt_id == Attempt.id)
        .outerjoin(RegradeReview, RegradeReview.regrade_id == Regrade.id)
        .where(
            mine,
            # One that closed under a case signed before had no other result to tell from.
            Regrade.recorded_at > Attempt.closed_at,
            or_(Regrade.recorded_at >= since, RegradeReview.decided_at >= since),
            or_(
                Regrade.passed != Regrade.was_passed,
                Regrade.score_numerator != Regrade.was_numerator,
                Regrade.score_denominator != Regrade.was_denominator,
            ),
        )
    )
    answered = (
        select(func.max(Attempt.id))
        .join(Appeal, Appeal.attempt_id == Attempt.id)
        .join(AppealAnswer, AppealAnswer.appeal_id == Appeal.id)
        .where(mine, AppealAnswer.decided_at >= since)
    )
    return regraded.correlate(Release).scalar_subquery(), answered.correlate(Release).scalar_subquery()


def news_of(rows: Mapping[str, tuple[Any, ...]]) -> dict[str, News]:
    """Return the news by course, where there are any."""
    told = {course_id: News(regraded=row[0], answered=row[1]) for course_id, row in rows.items()}
    return {course_id: one for course_id, one in told.items() if one != NO_NEWS}


def _count(what: Any) -> Select[Any]:
    return select(func.count(what))


def _answers() -> Exists:
    return exists(select(AppealAnswer.id).where(AppealAnswer.appeal_id == Appeal.id).correlate(Appeal))


def _to_answer() -> Select[Any]:
    return (
        _count(Appeal.id)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Release, Release.id == Attempt.release_id)
        .where(
            Appeal.organisation_id == Account.organisation_id,
            ~_answers(),
            Attempt.account_id != Account.id,
            Release.published_by != Account.id,
        )
    )


def _to_open() -> Select[Any]:
    return _count(Appeal.id).where(
        Appeal.organisation_id == Account.organisation_id, Appeal.id.in_(_without_case(None))
    )


def _without_case(organisation_id: int | None) -> Select[Any]:
    """Return the ids of appeals about an item that were upheld and have no case since they were made."""
    contested, asked = aliased(Appeal), aliased(PaperItem)
    decided = exists(select(CaseDecision.id).where(CaseDecision.case_id == ItemCase.id).correlate(ItemCase))
    case = select(ItemCase.id).where(
        ItemCase.organisation_id == contested.organisation_id,
        ItemCase.item_hash == asked.item_hash,
        or_(ItemCase.appeal_id == contested.id, ItemCase.opened_at >= contested.appealed_at, ~decided),
    )
    query = (
        select(contested.id)
        .join(AppealAnswer, AppealAnswer.appeal_id == contested.id)
        .join(asked, and_(asked.attempt_id == contested.attempt_id, asked.position == contested.position))
        .where(contested.position != THE_RESULT, AppealAnswer.upheld, ~exists(case.correlate(contested, asked)))
    )
    # Where the organisation is not known yet, the query around this one asks for it.
    return query if organisation_id is None else query.where(contested.organisation_id == organisation_id)


def _to_sign() -> Select[Any]:
    proposals = select(CaseProposal.id).where(CaseProposal.case_id == ItemCase.id).correlate(ItemCase, Account)
    decided = select(CaseDecision.id).where(CaseDecision.case_id == ItemCase.id).correlate(ItemCase)
    return _count(ItemCase.id).where(
        ItemCase.organisation_id == Account.organisation_id,
        ItemCase.opened_by != Account.id,
        ~exists(decided),
        exists(proposals),
        ~exists(proposals.where(CaseProposal.proposed_by == Account.id)),
    )


def _to_review() -> Select[Any]:
    later = aliased(Regrade)
    reviewed = select(RegradeReview.id).where(RegradeReview.regrade_id == Regrade.id).correlate(Regrade)
    newer = select(later.id).where(
        later.organisation_id == Regrade.organisation_id, later.attempt_id == Regrade.attempt_id, later.id > Regrade.id
    )
    own = select(Attempt.id).where(Attempt.id == Regrade.attempt_id, Attempt.account_id == Account.id)
    return _count(Regrade.id).where(
        Regrade.organisation_id == Account.organisation_id,
        ~exists(own.correlate(Regrade, Account)),
        Regrade.was_passed,
        ~Regrade.passed,
        ~exists(reviewed),
        ~exists(newer.correlate(Regrade)),
    )
