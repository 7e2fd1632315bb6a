"""Reading attempts: the sheet of a sitting, an item of it, the history of a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Subquery, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFoundError
from app.exams.models import Attempt, AttemptGrant, Flag, PaperItem, Response
from app.exams.responses import Chosen
from app.releases.models import ItemContent, Release, ReleaseWithdrawal


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """An item's place in the sheet of a sitting."""

    position: int
    answered: bool
    flagged: bool
    chosen: Chosen
    saved_at: datetime | None
    revision: int


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
    """Return a person's sitting at one item; three queries."""
    row = session.execute(
        select(Attempt, Release.title, ItemContent.shown)
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
    return Sitting(attempt=attempt, title=title, position=position, shown=shown, marks=marks(session, attempt))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """An attempt with the marks and the stems (HTML) of all its items."""

    attempt: Attempt
    title: str
    marks: tuple[Mark, ...]
    stems: tuple[str, ...]


def sheet(session: Session, *, organisation_id: int, account_id: int, attempt_id: int) -> Sheet:
    """Return a person's whole sheet; four queries."""
    row = session.execute(
        select(Attempt, Release.title)
        .join(Release, Release.id == Attempt.release_id)
        .where(
            Attempt.id == attempt_id,
            Attempt.organisation_id == organisation_id,
            Attempt.account_id == account_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    contents = session.scalars(
        select(ItemContent.shown)
        .join(PaperItem, PaperItem.item_hash == ItemContent.hash)
        .where(PaperItem.attempt_id == attempt_id)
        .order_by(PaperItem.position)
    )
    stems = tuple(shown["stem"] for shown in contents)
    return Sheet(attempt=row[0], title=row[1], marks=marks(session, row[0]), stems=stems)


def marks(session: Session, attempt: Attempt) -> tuple[Mark, ...]:
    """Return the marks of all items of an attempt, in order; two queries."""
    latest: dict[int, Any] = {}
    for row in session.execute(
        select(Response.position, Response.revision, Response.chosen, Response.saved_at)
        .where(Response.attempt_id == attempt.id)
        .order_by(Response.position, Response.revision)
    ):
        latest[row.position] = row
    flagged = set(session.scalars(select(Flag.position).where(Flag.attempt_id == attempt.id)))
    return tuple(_mark(position, latest.get(position), position in flagged) for position in _positions(attempt))


def _positions(attempt: Attempt) -> range:
    return range(1, attempt.items + 1)


def _mark(position: int, row: Any, flagged: bool) -> Mark:  # noqa: FBT001  a row's cell, not a switch
    return Mark(
        position=position,
        answered=row is not None and bool(row.chosen),
        flagged=flagged,
        chosen=row.chosen if row else None,
        saved_at=row.saved_at if row else None,
        revision=row.revision if row else 0,
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


def paper(session: Session, attempt_id: int) -> list[Asked]:
    """Return the paper of an attempt as drawn, with keys and the latest responses; one query."""
    rows = session.execute(_paper(), {"attempt_id": attempt_id})
    return [
        Asked(
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
        )
        for item, shown, keyed, chosen, revision in rows
    ]


@cache
def _paper() -> Select[PaperItem, dict[str, Any], dict[str, Any], Any, int]:
    newest = (
        select(Response.position, func.max(Response.revision).label("revision"))
        .where(Response.attempt_id == bindparam("attempt_id"))
        .group_by(Response.position)
        .subquery()
    )
    return (
        select(PaperItem, ItemContent.shown, ItemContent.keyed, Response.chosen, newest.c.revision)
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


def latest_responses(attempt_id: int) -> Subquery:
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


def revisions(session: Session, attempt_id: int) -> list[tuple[int, int, Chosen, str]]:
    """Return every response revision of an attempt: position, revision, chosen, ISO instant."""
    rows = session.execute(
        select(Response.position, Response.revision, Response.chosen, Response.saved_at)
        .where(Response.attempt_id == attempt_id)
        .order_by(Response.position, Response.revision)
    )
    return [(row[0], row[1], row[2], row[3].isoformat()) for row in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """A person's attempts at a course's exam, in order, and when extra ones were granted."""

    attempts: tuple[Attempt, ...] = ()
    granted_at: tuple[datetime, ...] = ()
    void: frozenset[int] = frozenset()
    """The ids of those that were sat on a release which was withdrawn whole."""


def histories(
    session: Session, organisation_id: int, account_ids: Collection[int], course_ids: Collection[str] | None = None
) -> dict[tuple[int, str], History]:
    """Return the attempts of people, with the grants beside them, by (account, course); one query."""
    of = {"organisation_id": organisation_id, "account_ids": account_ids, "course_ids": course_ids}
    attempts: dict[tuple[int, str], dict[int, Attempt]] = {}
    granted: dict[tuple[int, str], dict[int, datetime]] = {}
    void: dict[tuple[int, str], set[int]] = {}
    for attempt, grant_id, granted_at, stopped in session.execute(_histories(some=course_ids is not None), of):
        key = (attempt.account_id, attempt.course_id)
        if stopped:
            void.setdefault(key, set()).add(attempt.id)
        attempts.setdefault(key, {})[attempt.id] = attempt
        if grant_id is not None:
            granted.setdefault(key, {})[grant_id] = granted_at
    return {
        key: History(
            attempts=tuple(found.values()),
            granted_at=tuple(granted.get(key, {}).values()),
            void=frozenset(void.get(key, ())),
        )
        for key, found in attempts.items()
    }


# Beside an attempt: the extra ones granted at its course.
_GRANTED = (
    (AttemptGrant.organisation_id == Attempt.organisation_id)
    & (AttemptGrant.account_id == Attempt.account_id)
    & (AttemptGrant.course_id == Attempt.course_id)
)
# Of an attempt: its release was withdrawn whole.
_STOPPED = exists().where(
    ReleaseWithdrawal.organisation_id == Attempt.organisation_id,
    ReleaseWithdrawal.release_id == Attempt.release_id,
    ReleaseWithdrawal.fact == "",
)


@cache
def _histories(*, some: bool) -> Select[Attempt, int, datetime, bool]:
    query = (
        select(Attempt, AttemptGrant.id, AttemptGrant.granted_at, _STOPPED)
        .outerjoin(AttemptGrant, _GRANTED)
        .where(
            Attempt.organisation_id == bindparam("organisation_id"),
            Attempt.account_id.in_(bindparam("account_ids", expanding=True)),
        )
        .order_by(Attempt.number)
    )
    return query.where(Attempt.course_id.in_(bindparam("course_ids", expanding=True))) if some else query


def attempt_in_course(
    session: Session, *, organisation_id: int, account_id: int, attempt_id: int
) -> tuple[Attempt, Release, History]:
    """Return a person's attempt, its release, and all their attempts at this course; one query."""
    course = select(Attempt.course_id).where(
        Attempt.id == attempt_id, Attempt.organisation_id == organisation_id, Attempt.account_id == account_id
    )
    rows = session.execute(
        select(Attempt, Release, AttemptGrant.id, AttemptGrant.granted_at, _STOPPED)
        .outerjoin(Release, (Release.id == Attempt.release_id) & (Attempt.id == attempt_id))
        .outerjoin(AttemptGrant, _GRANTED)
        .where(
            Attempt.organisation_id == organisation_id,
            Attempt.account_id == account_id,
            Attempt.course_id == course.scalar_subquery(),
        )
        .order_by(Attempt.number)
    ).all()
    found = [(attempt, release) for attempt, release, _, _, _ in rows if attempt.id == attempt_id]
    if not found:
        raise NotFoundError
    history = History(
        attempts=tuple({attempt.id: attempt for attempt, _, _, _, _ in rows}.values()),
        granted_at=tuple({row[2]: row[3] for row in rows if row[2]}.values()),
        void=frozenset(attempt.id for attempt, _, _, _, stopped in rows if stopped),
    )
    return found[0][0], found[0][1], history


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
