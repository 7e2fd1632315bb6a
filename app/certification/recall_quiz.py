"""The delta quiz of a recall: what it asks of the changed rows, drawn anew for each try, and what was answered."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.certification import recall_queries
from app.certification.recall_models import Recall, RecallItem, RecallResponse
from app.certification.recall_queries import Tried
from app.content.grade import credit_of
from app.errors import NotFoundError, RefusedError
from app.exams import cards, delta
from app.exams.queries import is_sitting
from app.exams.responses import read_form
from app.releases import queries as releases
from app.releases.freeze import frozen_item, media_url
from app.releases.models import Release
from app.releases.storing import store_item

SITTING = "You are sitting an exam, and this would be help in it. Submit your exam first, then come back."
GONE = "What this recall asks was withdrawn since. Ask your medical director what to do; you will hear of it."
CHOOSE = "Choose an answer first, or press I do not know."
NOTHING_ASKS = (
    "Nothing outside the exam asks {row}. Choose reading or the exam for it, or leave it out and recall it by itself."
)


def askable(session: Session, base: Release, release: Release, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return what a delta quiz can ask of each changed row; nothing for one that no family asks."""
    bank = cards.banks(session, [release]).get(release.course_id)
    if bank is None:
        return dict.fromkeys(keys, ())
    return delta.units_of(bank, keys, recall_queries.changed_items(session, base.id, release.id, keys))


def units_to_ask(session: Session, base: Release, release: Release, keys: Collection[str]) -> list[str]:
    """Return what a delta quiz asks; refused where it cannot ask each of the rows."""
    found = askable(session, base, release, keys)
    for key, units in found.items():
        if not units:
            raise RefusedError(NOTHING_ASKS.format(row=key))
    return list(dict.fromkeys(unit for units in found.values() for unit in units))


def next_of(recall: Recall, tried: Sequence[Tried]) -> str | None:
    """Return what a quiz asks next; None when every one was right once."""
    return delta.next_unit(recall.units, [(one.item.unit, one.right) for one in tried if one.right is not None])


def ask(session: Session, *, recall: Recall, account_id: int, now: datetime) -> int | None:
    """Draw the next item and store it; one that is still open is asked again. The caller holds the person's lock."""
    refuse_sitting(session, account_id, now)
    tried = recall_queries.tried(session, recall.organisation_id, recall.id, account_id)
    still = next((one.item.id for one in tried if one.right is None), None)
    if still is not None:
        return still
    unit = next_of(recall, tried)
    if unit is None:
        return None
    release = releases.get_release(session, recall.organisation_id, recall.release_id)
    stopped = releases.withdrawals(session, recall.organisation_id, release.id)
    bank = cards.banks(session, [release]).get(release.course_id)
    # Who tries again, and who sits beside them, is asked in another form.
    turn = account_id + len(tried)
    item = None if stopped.whole or bank is None else delta.variant(bank, unit, turn, stopped.facts)
    if item is None or bank is None:
        raise RefusedError(GONE)
    frozen = frozen_item(item, bank.course, media_url(release.content_hash, release.course_id))
    store_item(session, frozen)
    made = RecallItem(
        organisation_id=recall.organisation_id,
        recall_id=recall.id,
        account_id=account_id,
        unit=unit,
        variant=item.seed,
        item_hash=frozen.hash,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    return made.id


def respond(
    session: Session,
    *,
    recall: Recall,
    account_id: int,
    item_id: int,
    form: Mapping[str, Sequence[str]],
    now: datetime,
) -> list[str] | None:
    """Store the response to an item, once: it is right with the full credit only. A moved step stores nothing."""
    refuse_sitting(session, account_id, now)
    asked = recall_queries.asked_item(session, recall.organisation_id, recall.id, account_id, item_id)
    if asked.right is not None:
        return None
    chosen = None if form.get("unknown") else read_form(asked.shown, form)
    if isinstance(chosen, list) and form.keys() & {"up", "down"}:
        return chosen
    if not chosen and not form.get("unknown"):
        raise RefusedError(CHOOSE)
    session.add(
        RecallResponse(
            recall_item_id=asked.item.id,
            organisation_id=recall.organisation_id,
            chosen=chosen,
            right=credit_of(asked.keyed, chosen) == 1,
            answered_at=now,
        )
    )
    session.flush()
    return None


def refuse_sitting(session: Session, account_id: int, now: datetime) -> None:
    """Refuse what would be help in an exam to somebody who is sitting one."""
    if is_sitting(session, account_id, now):
        raise RefusedError(SITTING)


def unit_count(recall: Recall, tried: Sequence[Tried]) -> tuple[int, int, int]:
    """Return how many of a quiz's questions were right once, how many there are, and how many tries it took so far."""
    if not recall.units:
        raise NotFoundError
    right = {one.item.unit for one in tried if one.right}
    return len(right), len(recall.units), sum(one.right is not None for one in tried)
