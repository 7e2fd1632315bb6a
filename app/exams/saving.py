"""Saving a response: two statements, append-only, and never over what another page saved meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select
from sqlalchemy.orm import Session

from app.db import table_of
from app.errors import NotFoundError
from app.exams import timing
from app.exams.models import Attempt, Flag, PaperItem, Response
from app.exams.proctoring import check_place
from app.exams.responses import Chosen, read_certainty, read_form
from app.releases.models import ItemContent

Wish = tuple[Chosen, str | None]


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
# The first one finds the attempt (and locks it, so that a save and a submit follow each other), the item and the next.
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
    .with_for_update(of=Attempt.__table__)
)
_OF_ITEM = (_response.attempt_id == bindparam("attempt_id"), _response.position == bindparam("position"))
_COLUMNS = ["attempt_id", "position", "revision", "chosen", "certainty", "saved_at"]
_newest = func.coalesce(func.max(_response.revision), 0)
_known = bindparam("known", type_=_response.revision.type)


def _adding(revision: ColumnElement[int]) -> list[ColumnElement[Any]]:
    return [
        bindparam("attempt_id", type_=_response.attempt_id.type),
        bindparam("position", type_=_response.position.type),
        revision,
        bindparam("chosen", type_=_response.chosen.type),
        bindparam("certainty", type_=_response.certainty.type),
        bindparam("saved_at", type_=_response.saved_at.type),
    ]


# Who waited for the lock sees with this one what was saved meanwhile: the number of a revision is never given twice.
_APPEND = (
    insert(table_of(Response))
    .from_select(_COLUMNS, select(*_adding(_newest + 1)).where(*_OF_ITEM))
    .returning(_response.revision)
)
# The same, where the newest revision is still the one that the page knew; else it adds nothing.
_APPEND_TO_KNOWN = (
    insert(table_of(Response))
    .from_select(
        _COLUMNS, select(*_adding(_known + 1)).where(select(_newest).where(*_OF_ITEM).scalar_subquery() == _known)
    )
    .returning(_response.revision)
)
_STANDING = (
    select(_response.revision, _response.chosen, _response.certainty, _response.saved_at)
    .where(*_OF_ITEM)
    .order_by(_response.revision.desc())
    .limit(1)
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
    known: int | None = None,
    address: str | None = None,
) -> Saved:
    """Add a revision of the response to one item, and return the next item with it; two statements.

    `known` is the revision that the page showed (0: none). Where a newer one was saved meanwhile nothing is added, and
    `overtaken` says so; the same choice saved again adds nothing and is told as saved. Without `known` it is appended.
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
    if timing.on_break(here.break_ends_at, now):
        return Saved(on_break=True)
    check_place(here.networks, address)
    chosen = read_form(here.shown, form)
    certainty = read_certainty(form) if here.asks_certainty else None
    kept = _keep(connection, here, places, (chosen, certainty), known=known, now=now)
    if kept is None:
        return Saved(overtaken=True)
    return Saved(
        revision=kept[0],
        saved_at=kept[1],
        seconds_left=timing.seconds_left(here.deadline_at, now),
        items=here.items,
        unit=here.shown["unit"],
        chosen=chosen,
        asks_certainty=here.asks_certainty,
        following=_following(following),
    )


def _keep(
    connection: Connection,
    here: Row[Any],
    places: Mapping[str, int],
    wish: Wish,
    *,
    known: int | None,
    now: datetime,
) -> tuple[int, datetime] | None:
    """Return the revision that holds a wish and since when, or None where another one was saved meanwhile."""
    values = {**places, "chosen": wish[0], "certainty": wish[1], "saved_at": now}
    if known is None:
        return connection.execute(_APPEND, values).scalar_one(), now
    # On PostgreSQL `here` may be what stood before the lock was got: each way ends in a statement that reads anew.
    if not (here.revision and (here.chosen, here.certainty) == wish):
        revision = connection.execute(_APPEND_TO_KNOWN, {**values, "known": known}).scalar_one_or_none()
        if revision is not None:
            return revision, now
    stands = connection.execute(_STANDING, places).one_or_none()
    same = stands is not None and (stands.chosen, stands.certainty) == wish
    return (stands.revision, stands.saved_at) if stands is not None and same else None


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
