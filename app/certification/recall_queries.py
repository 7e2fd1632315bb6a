"""Reading recalls: one whole, what one asks of a person, what was asked and answered in its delta quiz."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session, aliased

from app.certification.models import Certification
from app.certification.recall_models import (
    CLOSED,
    ENDED,
    Recall,
    RecallChange,
    RecallDecision,
    RecallDone,
    RecallItem,
    RecallResponse,
    RecallTarget,
)
from app.certification.recalling import RecallOn, recall_on
from app.errors import NotFoundError
from app.people.models import Account
from app.releases.models import ItemContent, ReleaseItem


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeRecall:
    """A recall with its changes, who started it, and how it ended: each decision with the name of who took it."""

    recall: Recall
    starter: str
    changes: tuple[RecallChange, ...]
    ended: tuple[RecallDecision, str] | None
    closed: tuple[RecallDecision, str] | None


def whole_recall(session: Session, organisation_id: int, recall_id: int) -> WholeRecall:
    """Return a recall of this organisation; another's is not found. One query."""
    starter, decider = aliased(Account), aliased(Account)
    rows: Sequence[Any] = session.execute(
        select(Recall, starter.name, RecallChange, RecallDecision, decider.name)
        .join(starter, starter.id == Recall.started_by)
        .join(
            RecallChange,
            (RecallChange.organisation_id == Recall.organisation_id) & (RecallChange.recall_id == Recall.id),
        )
        .outerjoin(
            RecallDecision,
            (RecallDecision.organisation_id == Recall.organisation_id) & (RecallDecision.recall_id == Recall.id),
        )
        .outerjoin(decider, decider.id == RecallDecision.account_id)
        .where(Recall.organisation_id == organisation_id, Recall.id == recall_id)
        .order_by(RecallChange.id)
    ).all()
    if not rows:
        raise NotFoundError
    decided = {row[3].kind: (row[3], row[4]) for row in rows if row[3] is not None}
    return WholeRecall(
        recall=rows[0][0],
        starter=rows[0][1],
        changes=tuple({row[2].id: row[2] for row in rows}.values()),
        ended=decided.get(ENDED),
        closed=decided.get(CLOSED),
    )


def recalls_on(
    connection: Connection, organisation_id: int, certification_ids: Collection[int]
) -> dict[int, list[RecallOn]]:
    """Return the recalls that concern certifications, by certification, the earliest first; one query."""
    rows = connection.execute(
        select(
            RecallTarget.certification_id,
            Recall.id,
            Recall.title,
            Recall.task,
            Recall.consequence,
            Recall.started_at,
            Recall.due_on,
            RecallTarget.cells,
            RecallDone.done_on,
            RecallDone.done_at,
            RecallDecision.decided_on,
            RecallDecision.decided_at,
        )
        .join(Recall, Recall.id == RecallTarget.recall_id)
        .outerjoin(
            RecallDone,
            (RecallDone.organisation_id == RecallTarget.organisation_id)
            & (RecallDone.recall_id == RecallTarget.recall_id)
            & (RecallDone.account_id == RecallTarget.account_id),
        )
        .outerjoin(
            RecallDecision,
            (RecallDecision.organisation_id == RecallTarget.organisation_id)
            & (RecallDecision.recall_id == RecallTarget.recall_id)
            & (RecallDecision.kind == ENDED),
        )
        .where(RecallTarget.organisation_id == organisation_id, RecallTarget.certification_id.in_(certification_ids))
        .order_by(RecallTarget.id)
    )
    found: dict[int, list[RecallOn]] = {}
    for row in rows:
        found.setdefault(row.certification_id, []).append(recall_on(row, *row[7:]))
    return found


def open_on(session: Session, organisation_id: int, release_id: int, keys: Collection[str]) -> dict[str, int]:
    """Return those of a release's changes of which a recall is not over, each with that recall."""
    rows = session.execute(
        select(RecallChange.key, RecallChange.recall_id)
        .outerjoin(
            RecallDecision,
            (RecallDecision.organisation_id == organisation_id) & (RecallDecision.recall_id == RecallChange.recall_id),
        )
        .where(
            RecallChange.organisation_id == organisation_id,
            RecallChange.release_id == release_id,
            RecallChange.key.in_(keys),
            RecallDecision.id.is_(None),
        )
    )
    return {row[0]: row[1] for row in rows}


def rounds(session: Session, organisation_id: int, release_id: int) -> dict[str, int]:
    """Return how many recalls there were of each of a release's changes."""
    rows = session.scalars(
        select(RecallChange.key).where(
            RecallChange.organisation_id == organisation_id, RecallChange.release_id == release_id
        )
    ).all()
    return {key: rows.count(key) for key in rows}


def done_by(session: Session, organisation_id: int, recall_id: int, account_id: int) -> RecallDone | None:
    """Return what a person did in a recall, None while they did not do it all."""
    return session.scalar(
        select(RecallDone).where(
            RecallDone.organisation_id == organisation_id,
            RecallDone.recall_id == recall_id,
            RecallDone.account_id == account_id,
        )
    )


def targets_of(
    session: Session, organisation_id: int, recall_id: int, account_id: int
) -> list[tuple[RecallTarget, Certification]]:
    """Return the certifications of a person that a recall is about; not found where there is none."""
    rows = session.execute(
        select(RecallTarget, Certification)
        .join(Certification, Certification.id == RecallTarget.certification_id)
        .where(
            RecallTarget.organisation_id == organisation_id,
            RecallTarget.recall_id == recall_id,
            RecallTarget.account_id == account_id,
        )
        .order_by(RecallTarget.id)
    ).all()
    if not rows:
        raise NotFoundError
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """An item of a person's delta quiz; `right` is None until it is answered."""

    item: RecallItem
    right: bool | None


def tried(session: Session, organisation_id: int, recall_id: int, account_id: int) -> list[Tried]:
    """Return what a person was asked in a recall, in order; one query."""
    rows = session.execute(
        select(RecallItem, RecallResponse.right)
        .outerjoin(RecallResponse, RecallResponse.recall_item_id == RecallItem.id)
        .where(
            RecallItem.organisation_id == organisation_id,
            RecallItem.recall_id == recall_id,
            RecallItem.account_id == account_id,
        )
        .order_by(RecallItem.id)
    )
    return [Tried(item=row[0], right=row[1]) for row in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedItem:
    """An item of a delta quiz with its content and what was chosen; `right` is None until then."""

    item: RecallItem
    shown: dict[str, Any]
    keyed: dict[str, Any]
    chosen: Any
    right: bool | None


def asked_item(session: Session, organisation_id: int, recall_id: int, account_id: int, item_id: int) -> AskedItem:
    """Return an item that a person was asked in a recall; another's is not found. One query."""
    row = session.execute(
        select(RecallItem, ItemContent.shown, ItemContent.keyed, RecallResponse)
        .join(ItemContent, ItemContent.hash == RecallItem.item_hash)
        .outerjoin(RecallResponse, RecallResponse.recall_item_id == RecallItem.id)
        .where(
            RecallItem.organisation_id == organisation_id,
            RecallItem.recall_id == recall_id,
            RecallItem.account_id == account_id,
            RecallItem.id == item_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    item, shown, keyed, response = row
    return AskedItem(
        item=item,
        shown=shown,
        keyed=keyed,
        chosen=response.chosen if response else None,
        right=response.right if response else None,
    )


def changed_items(session: Session, base_id: int, release_id: int, rows: Collection[str]) -> frozenset[str]:
    """Return the items of a release, of some rows, that the one before did not ask in just this form."""
    old = aliased(ReleaseItem)
    query = (
        select(ReleaseItem.item_id)
        .outerjoin(
            old,
            (old.release_id == base_id)
            & (old.item_id == ReleaseItem.item_id)
            & (old.variant == ReleaseItem.variant)
            & (old.item_hash == ReleaseItem.item_hash),
        )
        .where(ReleaseItem.release_id == release_id, ReleaseItem.key_row.in_(rows), old.item_id.is_(None))
    )
    return frozenset(session.scalars(query))
