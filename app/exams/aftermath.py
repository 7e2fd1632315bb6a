"""A closed paper as its owner sees it: corrections of its items, its latest regrade, and what was contested."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, Subquery, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.content.pieces import PieceKind
from app.exams.case_models import (
    FALLS,
    SIGNED,
    THE_RESULT,
    Appeal,
    AppealAnswer,
    CaseDecision,
    CaseProposal,
    ItemCase,
    Regrade,
    RegradeReview,
)
from app.exams.models import Attempt, PaperItem
from app.exams.queries import Asked, answered, asked_of, latest_responses
from app.exams.regrading import Answered, Correction, Policy
from app.people.models import Account
from app.releases.models import ItemContent, ReleasePiece

# Between a fact's key and its title, and between facts: no title holds them.
_UNIT, _RECORD = "\x1f", "\x1e"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnAppeal:
    """An appeal as its author reads it: an item's position or 0 for the result, the answer once there is one."""

    position: int
    words: str
    appealed_at: datetime
    upheld: bool | None
    answer: str | None
    by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Aftermath:
    """A closed paper with what became of it: corrections by position, the latest regrade, and the appeals."""

    asked: list[Asked] = field(default_factory=list)
    corrections: Mapping[int, Correction] = field(default_factory=dict)
    regrade: Regrade | None = None
    outcome: str | None = None  # of the regrade's review; None where it has none, or none yet
    appeals: tuple[OwnAppeal, ...] = ()
    reasons: Mapping[int, str] = field(default_factory=dict)  # why a case found the key wrong, by position
    titles: Mapping[str, str] = field(default_factory=dict)  # of the facts of its release, by key

    @property
    def in_force(self) -> Mapping[int, Correction]:
        """The corrections that the result which counts rests on, by position."""
        one = self.regrade
        if one is None or one.passed or not one.was_passed or self.outcome == FALLS:
            return self.corrections
        return {position: found for position, found in self.corrections.items() if found.case_id != one.case_id}

    @property
    def answered(self) -> list[Answered]:
        """The paper as the result which counts scores it."""
        corrections = self.in_force
        return [answered(one, corrections.get(one.position)) for one in self.asked]


NOTHING_AFTER = Aftermath()


def aftermath(session: Session, attempt: Attempt) -> Aftermath:
    """Return the paper of a closed attempt with all that came after it; one query."""
    of = {"organisation_id": attempt.organisation_id, "attempt_id": attempt.id, "release_id": attempt.release_id}
    rows = session.execute(_aftermath(), of).all()
    asked: dict[int, Asked] = {}
    found: dict[int, Correction] = {}
    told: dict[int, OwnAppeal] = {}
    reasons: dict[int, str] = {}
    for item, shown, keyed, chosen, revision, policy, key, case_id, appeal, answer, by, *_, reason, _ in rows:
        asked[item.position] = asked_of(item, shown, keyed, chosen, revision)
        if policy is not None:
            found[item.position] = Correction(policy=Policy(policy), key=key, case_id=case_id)
            reasons[item.position] = reason
        if appeal is not None:
            told[appeal.position] = _own(appeal, answer, by)
    return Aftermath(
        asked=list(asked.values()),
        corrections=found,
        regrade=rows[0][11] if rows else None,
        outcome=rows[0][12] if rows else None,
        appeals=tuple(told[position] for position in sorted(told)),
        reasons=reasons,
        titles=_titles_of(rows[0][-1]) if rows else {},
    )


def _titles_of(joined: str | None) -> dict[str, str]:
    return dict(one.split(_UNIT, 1) for one in joined.split(_RECORD)) if joined else {}


def _own(appeal: Appeal, answer: AppealAnswer | None, by: str | None) -> OwnAppeal:
    return OwnAppeal(
        position=appeal.position,
        words=appeal.words,
        appealed_at=appeal.appealed_at,
        upheld=answer.upheld if answer else None,
        answer=answer.answer if answer else None,
        by=by,
        decided_at=answer.decided_at if answer else None,
    )


_OF_ORGANISATION: BindParameter[int] = bindparam("organisation_id")
_OF_ATTEMPT: BindParameter[int] = bindparam("attempt_id")


@cache
def _aftermath() -> Select[Any]:
    """An appeal against the result (position 0) and the facts' titles ride on the first item; the rest repeats."""
    newest, signed = latest_responses(_OF_ATTEMPT), _signed()
    return (
        select(
            PaperItem,
            ItemContent.shown,
            ItemContent.keyed,
            newest.c.chosen,
            newest.c.revision,
            signed.c.policy,
            signed.c.key,
            signed.c.case_id,
            Appeal,
            AppealAnswer,
            Account.name,
            Regrade,
            RegradeReview.outcome,
            signed.c.reason,
            case((PaperItem.position == 1, _titles())),
        )
        .join(ItemContent, ItemContent.hash == PaperItem.item_hash)
        .outerjoin(newest, newest.c.position == PaperItem.position)
        .outerjoin(signed, signed.c.item_hash == PaperItem.item_hash)
        .outerjoin(
            Appeal,
            and_(
                Appeal.organisation_id == _OF_ORGANISATION,
                Appeal.attempt_id == PaperItem.attempt_id,
                or_(
                    Appeal.position == PaperItem.position,
                    and_(Appeal.position == THE_RESULT, PaperItem.position == 1),
                ),
            ),
        )
        .outerjoin(AppealAnswer, AppealAnswer.appeal_id == Appeal.id)
        .outerjoin(Account, Account.id == AppealAnswer.decided_by)
        .outerjoin(Regrade, Regrade.id == _latest_regrade())
        .outerjoin(RegradeReview, RegradeReview.regrade_id == Regrade.id)
        .where(PaperItem.attempt_id == _OF_ATTEMPT)
        .order_by(PaperItem.position, signed.c.id)
    )


def _signed() -> Subquery:
    return (
        select(
            CaseDecision.id,
            ItemCase.item_hash,
            ItemCase.reason,
            CaseProposal.policy,
            CaseProposal.key,
            ItemCase.id.label("case_id"),
        )
        .join(ItemCase, ItemCase.id == CaseDecision.case_id)
        .join(CaseProposal, CaseProposal.id == CaseDecision.proposal_id)
        .where(CaseDecision.organisation_id == _OF_ORGANISATION, CaseDecision.kind == SIGNED)
        .subquery()
    )


def _titles() -> Any:
    told = ReleasePiece.key + _UNIT + ReleasePiece.title
    return (
        select(func.aggregate_strings(told, _RECORD))
        .where(ReleasePiece.release_id == bindparam("release_id"), ReleasePiece.kind == PieceKind.FACT.value)
        .scalar_subquery()
    )


def _latest_regrade() -> Any:
    one = aliased(Regrade)
    return (
        select(func.max(one.id))
        .where(one.organisation_id == _OF_ORGANISATION, one.attempt_id == _OF_ATTEMPT)
        .scalar_subquery()
    )
