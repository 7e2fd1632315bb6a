"""Reading attempts: the sheet of a sitting, an item of it, the history of a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Row, ScalarSelect, Select, Subquery, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased, defer

from app.errors import NotFoundError
from app.exams.models import COUNTED, Attempt, Flag, PaperItem, Response, SittingEvent
from app.exams.regrading import Answered, Correction
from app.exams.responses import Chosen
from app.releases.models import ItemContent, Release

# Who sits has no result: the page of a running attempt need not ask what counts of it.
_RUNNING = tuple(defer(getattr(Attempt, counted), raiseload=True) for counted in COUNTED.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """An item's place in the sheet of a sitting."""

    position: int
    answered: bool
    flagged: bool
    chosen: Chosen
    certainty: str | None
    saved_at: datetime | None
    revision: int

    def is_named(self, *, asks_certainty: bool) -> bool:
        """Tell whether the review names it: not answered, flagged, or (where that is asked) not said how sure."""
        return not self.answered or self.flagged or (asks_certainty and not self.certainty)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sitting:
    """An attempt with the item on the page and the marks of all items."""

    attempt: Attempt
    title: str
    position: int
    shown: dict[str, Any]
    marks: tuple[Mark, ...]


def get_attempt(session: Session, organisation_id: int, attempt_id: int, account_id: int | None = None) -> Attempt:
    """Return an attempt of this organisation (of this person, where given); another's is not found."""
    query = select(Attempt).where(Attempt.organisation_id == organisation_id, Attempt.id == attempt_id)
    if account_id is not None:
        query = query.where(Attempt.account_id == account_id)
    attempt = session.scalar(query)
    if attempt is None:
        raise NotFoundError
    return attempt


def sitting(session: Session, *, organisation_id: int, account_id: int, attempt_id: int, position: int) -> Sitting:
    """Return a person's sitting at one item; two queries."""
    row = session.execute(
        select(Attempt, Release.title, ItemContent.shown)
        .options(*_RUNNING)
        .join(PaperItem, PaperItem.attempt_id == Attempt.id)
        .join(ItemContent, ItemContent.hash == PaperItem.item_hash)
        .join(Release, Release.id == Attempt.release_id)
        .where(
            Attempt.id == attempt_id,
            Attempt.organisation_id == organisation_id,
            Attempt.account_id == account_id,
            PaperItem.position == position,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    attempt, title, shown = row
    return Sitting(attempt=attempt, title=title, position=position, shown=shown, marks=marks(session, attempt.id))


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """The marks of all items of an attempt, and their stems (HTML), empty where the review names none of them."""

    marks: tuple[Mark, ...]
    stems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """An attempt with the overview of its items."""

    attempt: Attempt
    title: str
    overview: Overview

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks of all its items, in order."""
        return self.overview.marks


def sheet(session: Session, *, organisation_id: int, account_id: int, attempt_id: int) -> Sheet:
    """Return a person's whole sheet; two queries, three where the review names an item."""
    row = session.execute(
        select(Attempt, Release.title)
        .options(*_RUNNING)
        .join(Release, Release.id == Attempt.release_id)
        .where(
            Attempt.id == attempt_id,
            Attempt.organisation_id == organisation_id,
            Attempt.account_id == account_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    attempt, title = row
    shown = overview(session, attempt_id, asks_certainty=attempt.asks_certainty)
    return Sheet(attempt=attempt, title=title, overview=shown)


def overview(session: Session, attempt_id: int, *, asks_certainty: bool) -> Overview:
    """Return the overview of an attempt known to be one's own; one query, two where the review names an item."""
    found = marks(session, attempt_id)
    names_some = any(mark.is_named(asks_certainty=asks_certainty) for mark in found)
    return Overview(marks=found, stems=stems_of(session, attempt_id) if names_some else ("",) * len(found))


def stems_of(session: Session, attempt_id: int) -> tuple[str, ...]:
    """Return the stems (HTML) of an attempt's items, in order; one query."""
    contents = session.scalars(
        select(ItemContent.shown)
        .join(PaperItem, PaperItem.item_hash == ItemContent.hash)
        .where(PaperItem.attempt_id == attempt_id)
        .order_by(PaperItem.position)
    )
    return tuple(shown["stem"] for shown in contents)


def marks(session: Session, attempt_id: int) -> tuple[Mark, ...]:
    """Return the marks of all items of an attempt, in order; one query."""
    latest = {row.position: row for row in session.execute(_marks(), {"attempt_id": attempt_id})}
    return tuple(_mark(row) for row in latest.values())


@cache
def _marks() -> Select[Any]:
    """Return the query of an attempt's places: each with its revisions, the latest last, and whether it is flagged."""
    return (
        select(
            PaperItem.position,
            Flag.position.is_not(None).label("flagged"),
            Response.revision,
            Response.chosen,
            Response.certainty,
            Response.saved_at,
        )
        .outerjoin(Flag, (Flag.attempt_id == PaperItem.attempt_id) & (Flag.position == PaperItem.position))
        .outerjoin(Response, (Response.attempt_id == PaperItem.attempt_id) & (Response.position == PaperItem.position))
        .where(PaperItem.attempt_id == bindparam("attempt_id"))
        .order_by(PaperItem.position, Response.revision)
    )


def _mark(row: Row[Any]) -> Mark:
    return Mark(
        position=row.position,
        answered=bool(row.chosen),
        flagged=bool(row.flagged),
        chosen=row.chosen,
        certainty=row.certainty,
        saved_at=row.saved_at,
        revision=row.revision or 0,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """An item of a paper with what was shown, its key, and what was chosen in the end."""

    position: int
    section: int
    item_id: str
    variant: int
    item_hash: str
    critical: bool
    shown: dict[str, Any]
    keyed: dict[str, Any]
    chosen: Chosen
    revision: int
    certainty: str | None = None


def paper(session: Session, attempt_id: int) -> list[Asked]:
    """Return the paper of an attempt as drawn, with keys and the latest responses; one query."""
    rows = session.execute(_paper(), {"attempt_id": attempt_id})
    return [asked_of(*row) for row in rows]


def asked_of(  # noqa: PLR0917  a row of a paper, in its order
    item: PaperItem,
    shown: dict[str, Any],
    keyed: dict[str, Any],
    chosen: Chosen,
    revision: int | None,
    certainty: str | None = None,
) -> Asked:
    """Return an item of a paper from its row, its content and its latest response."""
    return Asked(
        position=item.position,
        section=item.section,
        item_id=item.item_id,
        variant=item.variant,
        item_hash=item.item_hash,
        critical=item.critical,
        shown=shown,
        keyed=keyed,
        chosen=chosen,
        revision=revision or 0,
        certainty=certainty,
    )


def answered(asked: Asked, correction: Correction | None = None) -> Answered:
    """Return an item of a paper as it is scored."""
    return Answered(
        section=asked.section,
        critical=asked.critical,
        keyed=asked.keyed,
        chosen=asked.chosen,
        correction=correction,
    )


@cache
def _paper() -> Select[PaperItem, dict[str, Any], dict[str, Any], Any, int, str | None]:
    newest = (
        select(Response.position, func.max(Response.revision).label("revision"))
        .where(Response.attempt_id == bindparam("attempt_id"))
        .group_by(Response.position)
        .subquery()
    )
    return (
        select(PaperItem, ItemContent.shown, ItemContent.keyed, Response.chosen, newest.c.revision, Response.certainty)
        .join(ItemContent, ItemContent.hash == PaperItem.item_hash)
        .outerjoin(newest, newest.c.position == PaperItem.position)
        .outerjoin(
            Response,
            (Response.attempt_id == PaperItem.attempt_id)
            & (Response.position == PaperItem.position)
            & (Response.revision == newest.c.revision),
        )
        .where(PaperItem.attempt_id == bindparam("attempt_id"))
        .order_by(PaperItem.position)
    )


def latest_responses(attempt_id: int | BindParameter[int]) -> Subquery:
    """Return what was chosen in the end for each item of an attempt: position, revision, chosen."""
    newer = aliased(Response)
    last = (
        select(func.max(newer.revision))
        .where(newer.attempt_id == Response.attempt_id, newer.position == Response.position)
        .scalar_subquery()
    )
    return (
        select(Response.position, Response.revision, Response.chosen)
        .where(Response.attempt_id == attempt_id, Response.revision == last)
        .subquery()
    )


def revisions(session: Session, attempt_id: int) -> list[tuple[Any, ...]]:
    """Return every response revision of an attempt: position, revision, chosen, ISO instant, and how sure, if told."""
    rows = session.execute(
        select(Response.position, Response.revision, Response.chosen, Response.saved_at, Response.certainty)
        .where(Response.attempt_id == attempt_id)
        .order_by(Response.position, Response.revision)
    )
    return [(row[0], row[1], row[2], row[3].isoformat(), *([row[4]] if row[4] else [])) for row in rows]


def told(session: Session, attempt: Attempt) -> list[tuple[str, int | None, datetime]]:
    """Return what a browser told of an attempt: kind, position (None on the review), instant."""
    rows = session.execute(
        select(SittingEvent.kind, SittingEvent.position, SittingEvent.happened_at)
        .where(SittingEvent.organisation_id == attempt.organisation_id, SittingEvent.attempt_id == attempt.id)
        .order_by(SittingEvent.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def sitting_now(account_id: int | BindParameter[int], now: datetime | BindParameter[datetime]) -> ScalarSelect[bool]:
    """Return, for a query, whether a person has an attempt that is not over, at whatever course."""
    running = exists().where(Attempt.account_id == account_id, Attempt.closed_at.is_(None), Attempt.deadline_at > now)
    return select(running).scalar_subquery()


def is_sitting(session: Session, account_id: int, now: datetime) -> bool:
    """Tell whether a person has an attempt that is not over, at whatever course; one query."""
    return bool(session.scalar(select(sitting_now(account_id, now))))


def items_seen(session: Session, organisation_id: int, account_id: int, course_id: str) -> frozenset[str]:
    """Return the ids of the items that a person met in earlier papers of a course."""
    query = (
        select(PaperItem.item_id)
        .join(Attempt, Attempt.id == PaperItem.attempt_id)
        .where(
            Attempt.organisation_id == organisation_id,
            Attempt.account_id == account_id,
            Attempt.course_id == course_id,
        )
    )
    return frozenset(session.scalars(query))


def unclosed(session: Session, organisation_id: int, course_id: str) -> Sequence[Attempt]:
    """Return the attempts at a course, on any of its releases, that nobody closed yet, even if they ran out."""
    query = (
        select(Attempt)
        .where(Attempt.organisation_id == organisation_id, Attempt.course_id == course_id, Attempt.closed_at.is_(None))
        .order_by(Attempt.account_id, Attempt.id)
    )
    return session.scalars(query).all()


def asking(session: Session, attempt_ids: Collection[int], item_ids: Collection[str]) -> frozenset[int]:
    """Return which of these attempts ask any of these items."""
    query = select(PaperItem.attempt_id).where(
        PaperItem.attempt_id.in_(attempt_ids), PaperItem.item_id.in_(list(item_ids))
    )
    return frozenset(session.scalars(query.distinct()))


def overdue(session: Session, *, now: datetime, account_id: int | None = None, limit: int = 200) -> Sequence[Attempt]:
    """Return open attempts (of one person, where given) whose deadline passed, oldest first."""
    query = select(Attempt).where(Attempt.closed_at.is_(None), Attempt.deadline_at <= now)
    if account_id is not None:
        query = query.where(Attempt.account_id == account_id)
    return session.scalars(query.order_by(Attempt.deadline_at).limit(limit)).all()
