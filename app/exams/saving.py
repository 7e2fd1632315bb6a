"""Saving a response: two statements, each whole by itself, append-only, and never over what another page saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db import table_of
from app.errors import NotFoundError
from app.exams import timing
from app.exams.models import Attempt, Flag, PaperItem, Response
from app.exams.proctoring import check_place
from app.exams.responses import Chosen, read_certainty, read_form
from app.releases.models import ItemContent


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """The item after the one that was saved, with what is saved of it."""

    shown: dict[str, Any]
    chosen: Chosen
    certainty: str | None
    revision: int
    saved_at: datetime | None
    flagged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What became of a response: its revision and instant, and the next item (None after the last).

    `over` means that the attempt was closed or out of time, `on_break` that its clock stands still, `overtaken` that
    another page saved something since the revision that this one knew. Nothing was saved then.
    """

    over: bool = False
    on_break: bool = False
    overtaken: bool = False
    revision: int = 0
    saved_at: datetime | None = None
    seconds_left: int = 0
    items: int = 0
    unit: str | None = None
    chosen: Chosen = None
    asks_certainty: bool = False
    following: Following | None = None


_attempt, _paper, _content = Attempt.__table__.c, PaperItem.__table__.c, ItemContent.__table__.c
_flag, _response = Flag.__table__.c, Response.__table__.c
_newer = table_of(Response).alias("newer")
_LATEST = (
    select(func.max(_newer.c.revision))
    .where(_newer.c.attempt_id == _paper.attempt_id, _newer.c.position == _paper.position)
    .scalar_subquery()
)

# The statements of a save are constant, over the tables: they are compiled once, and no object is built of a row.
# The first one finds the attempt, the item and the next.
_AT_ITEM = (
    select(
        _attempt.closed_at,
        _attempt.deadline_at,
        _attempt.break_ends_at,
        _attempt["items"],
        _attempt.asks_certainty,
        _attempt.networks,
        _paper.position,
        _content.shown,
        _flag.position.is_not(None).label("flagged"),
        _response.chosen,
        _response.certainty,
        _response.revision,
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
)
_OF_ITEM = (_response.attempt_id == bindparam("attempt_id"), _response.position == bindparam("position"))
_KNOWN = bindparam("known", type_=_response.revision.type)
_NOW = bindparam("saved_at", type_=_response.saved_at.type)
# The second one adds a revision where the attempt is still open and the newest revision still the one that is known;
# else it adds nothing. It holds the attempt, so that a save and a submit follow each other: who waited for a submit
# finds it closed. Who waited for another save finds the number of its revision taken.
_OPEN = (
    select(
        _attempt.id,
        bindparam("position", type_=_response.position.type),
        _KNOWN + 1,
        bindparam("chosen", type_=_response.chosen.type),
        bindparam("certainty", type_=_response.certainty.type),
        _NOW,
    )
    .where(
        _attempt.id == bindparam("attempt_id"),
        _attempt.closed_at.is_(None),
        _attempt.deadline_at > _NOW,
        _attempt.break_ends_at.is_(None) | (_attempt.break_ends_at <= _NOW),
        select(func.coalesce(func.max(_response.revision), 0)).where(*_OF_ITEM).scalar_subquery() == _KNOWN,
    )
    .with_for_update(read=True)
)
_COLUMNS = ["attempt_id", "position", "revision", "chosen", "certainty", "saved_at"]
_ADD = {
    dialect: insert(table_of(Response))
    .from_select(_COLUMNS, _OPEN)
    .on_conflict_do_nothing()
    .returning(_response.revision)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
TRIES = 100  # each time somebody else was faster


def save_response(
    session: Session,
    *,
    organisation_id: int,
    account_id: int,
    attempt_id: int,
    position: int,
    form: Mapping[str, Sequence[str]],
    now: datetime,
    known: int | None = None,
    address: str | None = None,
) -> Saved:
    """Add a revision of the response to one item, and return the next item with it; two statements.

    `known` is the revision that the page showed (0: none). Where a newer one was saved meanwhile nothing is added, and
    `overtaken` says so; what stands already is told as saved. Without `known` it follows whatever stands.
    RefusedError for a choice that was not offered; `over` when the time is up or the attempt was closed.
    """
    connection = session.connection()
    add = _ADD[connection.dialect.name]
    places = {"attempt_id": attempt_id, "position": position}
    own = {**places, "following": position + 1, "organisation_id": organisation_id, "account_id": account_id}
    for _ in range(TRIES):
        rows = connection.execute(_AT_ITEM, own).all()
        if not rows or rows[0].position != position:
            raise NotFoundError
        here = rows[0]
        if timing.closed_at_of(here.closed_at, here.deadline_at, now) is not None:
            return Saved(over=True)
        if timing.on_break(here.break_ends_at, now):
            return Saved(on_break=True)
        check_place(here.networks, address)
        chosen, certainty = read_form(here.shown, form), read_certainty(form) if here.asks_certainty else None
        if known is not None and here.revision and (here.chosen, here.certainty) == (chosen, certainty):
            return _saved(rows, chosen, here.revision, here.saved_at, now)
        stands = here.revision or 0
        if known is not None and known != stands:
            break
        values = {**places, "known": stands, "chosen": chosen, "certainty": certainty, "saved_at": now}
        revision = connection.execute(add, values).scalar_one_or_none()
        if revision is not None:
            return _saved(rows, chosen, revision, now, now)
    return Saved(overtaken=True)


def _saved(rows: Sequence[Row[Any]], chosen: Chosen, revision: int, saved_at: datetime, now: datetime) -> Saved:
    here = rows[0]
    return Saved(
        revision=revision,
        saved_at=saved_at,
        seconds_left=timing.seconds_left(here.deadline_at, now),
        items=here.items,
        unit=here.shown["unit"],
        chosen=chosen,
        asks_certainty=here.asks_certainty,
        following=_following(rows[1] if len(rows) > 1 else None),
    )


def _following(row: Row[Any] | None) -> Following | None:
    if row is None:
        return None
    return Following(
        shown=row.shown,
        chosen=row.chosen,
        certainty=row.certainty,
        revision=row.revision or 0,
        saved_at=row.saved_at,
        flagged=bool(row.flagged),
    )
