"""Reading cases and appeals: one of each, the lists of them, and a paper as its owner sees it after the end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFoundError, RefusedError
from app.exams.case_models import (
    Appeal,
    AppealAnswer,
    CaseDecision,
    CaseProposal,
    ItemCase,
    Regrade,
    RegradeReview,
)
from app.exams.models import Attempt, PaperItem
from app.exams.regrading import Correction, Policy
from app.people.models import Account
from app.people.permissions import Actor
from app.releases.models import ItemContent, Release, ReleaseItem


def get_case(session: Session, organisation_id: int, case_id: int) -> ItemCase:
    """Return a case of this organisation; another's is not found."""
    case = session.scalar(select(ItemCase).where(ItemCase.organisation_id == organisation_id, ItemCase.id == case_id))
    if case is None:
        raise NotFoundError
    return case


def get_appeal(session: Session, organisation_id: int, appeal_id: int) -> Appeal:
    """Return an appeal of this organisation; another's is not found."""
    appeal = session.scalar(select(Appeal).where(Appeal.organisation_id == organisation_id, Appeal.id == appeal_id))
    if appeal is None:
        raise NotFoundError
    return appeal


def content(session: Session, item_hash: str) -> ItemContent:
    """Return an item as it was asked."""
    return session.get_one(ItemContent, item_hash)


def published(session: Session, actor: Actor, item_hash: str) -> bool:
    """Tell whether somebody published an edition that holds an item."""
    query = (
        select(Release.id)
        .join(ReleaseItem, ReleaseItem.release_id == Release.id)
        .where(
            Release.organisation_id == actor.organisation_id,
            Release.published_by == actor.account_id,
            ReleaseItem.item_hash == item_hash,
        )
    )
    return session.scalar(query.limit(1)) is not None


def decision_of(session: Session, organisation_id: int, case_id: int) -> CaseDecision | None:
    """Return how a case ended, or None while it is open."""
    return session.scalar(
        select(CaseDecision).where(CaseDecision.organisation_id == organisation_id, CaseDecision.case_id == case_id)
    )


def latest_proposal(session: Session, organisation_id: int, case_id: int) -> CaseProposal:
    """Return the proposal of a case that counts; RefusedError where nobody proposed anything."""
    query = (
        select(CaseProposal)
        .where(CaseProposal.organisation_id == organisation_id, CaseProposal.case_id == case_id)
        .order_by(CaseProposal.id.desc())
        .limit(1)
    )
    proposal = session.scalar(query)
    if proposal is None:
        raise RefusedError("No policy is chosen yet: its author says first what becomes of the responses.")
    return proposal


def first_asked(session: Session, organisation_id: int, item_hash: str) -> Any:
    """Return (item id, course id) of an item as it was asked; NotFoundError where nobody was asked it."""
    row = session.execute(
        select(PaperItem.item_id, Attempt.course_id)
        .join(Attempt, Attempt.id == PaperItem.attempt_id)
        .where(Attempt.organisation_id == organisation_id, PaperItem.item_hash == item_hash)
        .order_by(Attempt.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def open_case_of(session: Session, organisation_id: int, item_hash: str) -> int | None:
    """Return the id of the case about an item as it was asked that nobody ended yet."""
    return session.scalar(
        select(ItemCase.id)
        .outerjoin(CaseDecision, CaseDecision.case_id == ItemCase.id)
        .where(ItemCase.organisation_id == organisation_id, ItemCase.item_hash == item_hash, CaseDecision.id.is_(None))
        .limit(1)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """An item as it was asked: its content, and how many closed papers held it."""

    item_id: str
    item_hash: str
    shown: Mapping[str, Any]
    asked: int


def variants(session: Session, organisation_id: int, text: str, *, limit: int = 30) -> list[Variant]:
    """Return the asked items of an organisation whose id or stem holds a text, as each was asked; the most first."""
    times = func.count(PaperItem.attempt_id)
    held = select(ReleaseItem.item_hash).join(Release, Release.id == ReleaseItem.release_id)
    rows = session.execute(
        _asked(organisation_id, times)
        .where(
            PaperItem.item_hash.in_(held.where(Release.organisation_id == organisation_id)),
            or_(
                PaperItem.item_id.icontains(text, autoescape=True),
                ItemContent.shown["stem"].as_string().icontains(text, autoescape=True),
            ),
        )
        .limit(limit)
    )
    return _variants(session, [(row[0], row[1], row[2]) for row in rows])


def siblings(session: Session, case: ItemCase) -> dict[str, int]:
    """Return how many closed papers asked a case's item in each other form, by its hash; the most first, one query."""
    rows = session.execute(
        _asked(case.organisation_id, func.count(PaperItem.attempt_id)).where(
            PaperItem.item_id == case.item_id,
            PaperItem.item_hash != case.item_hash,
            Attempt.course_id == case.course_id,
        )
    )
    return {row[1]: row[2] for row in rows}


def _asked(organisation_id: int, times: Any) -> Select[Any]:
    return (
        select(PaperItem.item_id, PaperItem.item_hash, times)
        .join(Attempt, Attempt.id == PaperItem.attempt_id)
        .join(ItemContent, ItemContent.hash == PaperItem.item_hash)
        .where(Attempt.organisation_id == organisation_id, Attempt.closed_at.is_not(None))
        .group_by(PaperItem.item_id, PaperItem.item_hash)
        .order_by(times.desc(), PaperItem.item_id, PaperItem.item_hash)
    )


def _variants(session: Session, rows: Sequence[tuple[str, str, int]]) -> list[Variant]:
    hashes = [item_hash for _, item_hash, _ in rows]
    shown = {
        row[0]: row[1]
        for row in session.execute(select(ItemContent.hash, ItemContent.shown).where(ItemContent.hash.in_(hashes)))
    }
    return [
        Variant(item_id=item_id, item_hash=item_hash, shown=shown[item_hash], asked=asked)
        for item_id, item_hash, asked in rows
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeCase:
    """A case with its item, who opened it, the policy that counts and who chose it, and how it ended."""

    case: ItemCase
    content: ItemContent
    opener: str
    proposal: CaseProposal | None
    proposer: str | None
    decision: CaseDecision | None
    decider: str | None


def whole_case(session: Session, organisation_id: int, case_id: int) -> WholeCase:
    """Return a case of this organisation with all that was done in it; another's is not found. One query."""
    proposer, decider = aliased(Account), aliased(Account)
    newest = _newest_proposal(organisation_id)
    row = session.execute(
        select(ItemCase, ItemContent, Account.name, CaseProposal, proposer.name, CaseDecision, decider.name)
        .join(ItemContent, ItemContent.hash == ItemCase.item_hash)
        .join(Account, Account.id == ItemCase.opened_by)
        .outerjoin(CaseProposal, CaseProposal.id == newest)
        .outerjoin(proposer, proposer.id == CaseProposal.proposed_by)
        .outerjoin(CaseDecision, CaseDecision.case_id == ItemCase.id)
        .outerjoin(decider, decider.id == CaseDecision.account_id)
        .where(ItemCase.organisation_id == organisation_id, ItemCase.id == case_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return WholeCase(
        case=row[0],
        content=row[1],
        opener=row[2],
        proposal=row[3],
        proposer=row[4],
        decision=row[5],
        decider=row[6],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sat:
    """An exam that somebody sat: whose, of which course, and when it closed."""

    name: str
    course: str
    number: int
    closed_at: datetime | None


def sat(session: Session, organisation_id: int, attempt_ids: Collection[int]) -> dict[int, Sat]:
    """Return exams of an organisation by attempt; one query."""
    rows = session.execute(
        select(Attempt.id, Account.name, Release.title, Attempt.number, Attempt.closed_at)
        .join(Account, Account.id == Attempt.account_id)
        .join(Release, Release.id == Attempt.release_id)
        .where(Attempt.organisation_id == organisation_id, Attempt.id.in_(attempt_ids))
    )
    return {row[0]: Sat(name=row[1], course=row[2], number=row[3], closed_at=row[4]) for row in rows}


def _newest_proposal(organisation_id: int) -> ScalarSelect[int]:
    one = aliased(CaseProposal)
    return (
        select(func.max(one.id))
        .where(one.organisation_id == organisation_id, one.case_id == ItemCase.id)
        .correlate(ItemCase)
        .scalar_subquery()
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseLine:
    """A case as the list shows it; `decision` is None while it is open."""

    case: ItemCase
    stem: str
    opener: str
    decision: CaseDecision | None
    policy: str | None


def cases(session: Session, organisation_id: int, *, limit: int = 200) -> list[CaseLine]:
    """Return the cases of an organisation, open ones first, then the newest; one query."""
    newest = _newest_proposal(organisation_id)
    rows = session.execute(
        select(ItemCase, ItemContent.shown, Account.name, CaseDecision, CaseProposal.policy)
        .join(ItemContent, ItemContent.hash == ItemCase.item_hash)
        .join(Account, Account.id == ItemCase.opened_by)
        .outerjoin(CaseDecision, CaseDecision.case_id == ItemCase.id)
        .outerjoin(CaseProposal, CaseProposal.id == newest)
        .where(ItemCase.organisation_id == organisation_id)
        .order_by(CaseDecision.id.is_not(None), ItemCase.id.desc())
        .limit(limit)
    )
    return [CaseLine(case=row[0], stem=row[1]["stem"], opener=row[2], decision=row[3], policy=row[4]) for row in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class PassReview:
    """A pass that a recount does not bear out; `review` is None until a medical director decided."""

    regrade: Regrade
    account_id: int
    name: str
    course_id: str
    review: RegradeReview | None
    by: str | None
    latest: bool


def pass_reviews(session: Session, organisation_id: int, case_id: int | None = None) -> list[PassReview]:
    """Return the passes that recounts do not bear out, of one case or (None) those that wait; one query."""
    later = aliased(Regrade)
    newest = (
        select(func.max(later.id))
        .where(later.organisation_id == organisation_id, later.attempt_id == Regrade.attempt_id)
        .scalar_subquery()
    )
    decider = aliased(Account)
    query = (
        select(Regrade, Account.id, Account.name, Attempt.course_id, RegradeReview, decider.name, newest)
        .join(Attempt, Attempt.id == Regrade.attempt_id)
        .join(Account, Account.id == Attempt.account_id)
        .outerjoin(RegradeReview, RegradeReview.regrade_id == Regrade.id)
        .outerjoin(decider, decider.id == RegradeReview.decided_by)
        .where(Regrade.organisation_id == organisation_id, Regrade.was_passed, ~Regrade.passed)
        .order_by(Regrade.id)
        .limit(500)
    )
    if case_id is None:
        query = query.where(RegradeReview.id.is_(None), Regrade.id == newest)
    else:
        query = query.where(Regrade.case_id == case_id)
    return [
        PassReview(
            regrade=row[0],
            account_id=row[1],
            name=row[2],
            course_id=row[3],
            review=row[4],
            by=row[5],
            latest=row[6] == row[0].id,
        )
        for row in session.execute(query)
    ]


def regrades(
    session: Session, organisation_id: int, attempt_id: int
) -> list[tuple[Regrade, Correction, str, str | None]]:
    """Return an attempt's regrades, the earliest first: each with the correction, its item's hash, the review."""
    rows = session.execute(
        select(Regrade, CaseProposal.policy, CaseProposal.key, ItemCase.item_hash, RegradeReview.outcome)
        .join(ItemCase, ItemCase.id == Regrade.case_id)
        .join(CaseDecision, CaseDecision.case_id == ItemCase.id)
        .join(CaseProposal, CaseProposal.id == CaseDecision.proposal_id)
        .outerjoin(RegradeReview, RegradeReview.regrade_id == Regrade.id)
        .where(Regrade.organisation_id == organisation_id, Regrade.attempt_id == attempt_id)
        .order_by(Regrade.id)
    )
    return [
        (row[0], Correction(policy=Policy(row[1]), key=row[2], case_id=row[0].case_id), row[3], row[4]) for row in rows
    ]


def contested(session: Session, organisation_id: int, attempt_id: int) -> frozenset[int]:
    """Return the positions of an attempt that were contested; 0 is its result."""
    query = select(Appeal.position).where(Appeal.organisation_id == organisation_id, Appeal.attempt_id == attempt_id)
    return frozenset(session.scalars(query))


@dataclass(frozen=True, kw_only=True, slots=True)
class Contested:
    """An appeal with its answer, the attempt, whose it is, and the item where it is about one."""

    appeal: Appeal
    attempt: Attempt
    name: str
    item: PaperItem | None
    content: ItemContent | None
    answer: AppealAnswer | None
    by: str | None


def appeals(
    session: Session,
    organisation_id: int,
    appeal_id: int | None = None,
    *,
    only: ColumnElement[bool] | None = None,
    limit: int = 200,
) -> list[Contested]:
    """Return the appeals of an organisation, those that wait first (the oldest first), some, or one; one query."""
    decider = aliased(Account)
    query = (
        select(Appeal, Attempt, Account.name, PaperItem, ItemContent, AppealAnswer, decider.name)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Account, Account.id == Attempt.account_id)
        .outerjoin(PaperItem, and_(PaperItem.attempt_id == Appeal.attempt_id, PaperItem.position == Appeal.position))
        .outerjoin(ItemContent, ItemContent.hash == PaperItem.item_hash)
        .outerjoin(AppealAnswer, AppealAnswer.appeal_id == Appeal.id)
        .outerjoin(decider, decider.id == AppealAnswer.decided_by)
        .where(Appeal.organisation_id == organisation_id)
        .order_by(AppealAnswer.id.is_not(None), Appeal.id)
        .limit(limit)
    )
    if appeal_id is not None:
        query = query.where(Appeal.id == appeal_id)
    if only is not None:
        query = query.where(only)
    return [
        Contested(appeal=row[0], attempt=row[1], name=row[2], item=row[3], content=row[4], answer=row[5], by=row[6])
        for row in session.execute(query)
    ]
