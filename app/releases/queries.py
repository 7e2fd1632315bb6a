"""Reading releases: what is in force, what a course teaches, what waits for a signature."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from app.content.draw import PoolItem
from app.errors import NotFoundError
from app.people.models import Account
from app.releases.models import (
    ContentFile,
    ItemContent,
    Release,
    ReleaseItem,
    ReleaseLesson,
    ReleaseSignature,
    ReleaseWithdrawal,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """The items of a release that a paper is drawn from, and the content hash of each live variant."""

    items: tuple[PoolItem, ...]
    hashes: dict[tuple[str, int], str]


# Published content never changes, so what was read of it once stays true: the key is its hash.
_pools: dict[str, Pool] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """Who stopped a release, or one row of it, when and why; `what` names it."""

    what: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawals:
    """What was stopped of a release: the whole, or rows by their key such as "settings/set-004"."""

    whole: Withdrawn | None = None
    facts: Mapping[str, Withdrawn] = field(default_factory=dict)


NOTHING_WITHDRAWN = Withdrawals()


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """The release of a course that counts, with who signed it and when, and what was withdrawn of it since."""

    release: Release
    signed_at: datetime
    signer: str
    withdrawn: Withdrawals = NOTHING_WITHDRAWN


def in_force(session: Session, organisation_id: int, course_id: str) -> InForce | None:
    """Return the release of a course that counts: of the signed ones the one first signed last.

    One that was withdrawn keeps its place: nothing is learned or sat until another one is signed.
    """
    return all_in_force(session, organisation_id, [course_id]).get(course_id)


def all_in_force(
    session: Session, organisation_id: int, course_ids: Collection[str] | None = None
) -> dict[str, InForce]:
    """Return the releases in force by course id, in the order of their titles; one query."""
    of = {"organisation_id": organisation_id, "course_ids": course_ids}
    return _told(session.execute(_in_force(some=course_ids is not None), of).all())


def in_force_beside(
    session: Session, organisation_id: int, course_ids: Collection[str], *beside: ScalarSelect[Any]
) -> tuple[dict[str, InForce], dict[str, tuple[Any, ...]]]:
    """Return the releases in force of courses, and what a room above tells by `Release.course_id`; one query."""
    of = {"organisation_id": organisation_id, "course_ids": course_ids}
    rows = session.execute(_in_force(some=True).add_columns(*beside), of).all()
    return (
        _told([row[: -len(beside)] for row in rows]),
        {row[0].course_id: tuple(row[-len(beside) :]) for row in rows},
    )


def _told(rows: Sequence[Any]) -> dict[str, InForce]:
    found: dict[str, InForce] = {}
    withdrawn: dict[str, list[tuple[str | None, Withdrawn]]] = {}
    for release, signed_at, signer, *stopped in rows:
        withdrawn.setdefault(release.course_id, []).append(withdrawn_of(*stopped))
        found[release.course_id] = InForce(release=release, signed_at=signed_at, signer=signer)
    return {
        course_id: replace(one, withdrawn=withdrawals_among(withdrawn[course_id])) for course_id, one in found.items()
    }


def withdrawn_of(*row: Any) -> tuple[str | None, Withdrawn]:
    """Return (fact, withdrawn) from a row of fact, title, name, instant and reason."""
    fact, what, by, at, reason = row
    return fact, Withdrawn(what=what, by=by, at=at, reason=reason)


def withdrawals_among(rows: Iterable[tuple[str | None, Withdrawn]]) -> Withdrawals:
    """Return withdrawals from (fact, withdrawn): an empty fact is the whole release, None is no withdrawal at all."""
    told = {fact: one for fact, one in rows if fact is not None}
    whole = told.pop("", None)
    return Withdrawals(whole=whole, facts=told) if whole or told else NOTHING_WITHDRAWN


@cache
def _in_force(*, some: bool) -> Select[Release, datetime, str, str, str, str, datetime, str]:
    # A release comes into force with its first signature: a second one, later, does not bring an old release back.
    first = (
        select(func.min(ReleaseSignature.id).label("id"))
        .where(ReleaseSignature.organisation_id == bindparam("organisation_id"))
        .group_by(ReleaseSignature.release_id)
        .subquery()
    )
    newest = (
        select(
            ReleaseSignature.release_id,
            ReleaseSignature.signed_at,
            ReleaseSignature.account_id,
            func.row_number()
            .over(
                partition_by=Release.course_id,
                order_by=(ReleaseSignature.signed_at.desc(), ReleaseSignature.id.desc()),
            )
            .label("place"),
        )
        .join(first, first.c.id == ReleaseSignature.id)
        .join(Release, Release.id == ReleaseSignature.release_id)
    )
    if some:
        newest = newest.where(Release.course_id.in_(bindparam("course_ids", expanding=True)))
    last, stopped, stopper = newest.subquery(), aliased(ReleaseWithdrawal), aliased(Account)
    return (
        select(
            Release,
            last.c.signed_at,
            Account.name,
            stopped.fact,
            stopped.title,
            stopper.name,
            stopped.withdrawn_at,
            stopped.reason,
        )
        .join(last, last.c.release_id == Release.id)
        .join(Account, Account.id == last.c.account_id)
        .outerjoin(
            stopped,
            (stopped.organisation_id == bindparam("organisation_id")) & (stopped.release_id == Release.id),
        )
        .outerjoin(stopper, stopper.id == stopped.account_id)
        .where(last.c.place == 1)
        .order_by(Release.title, Release.course_id)
    )


def withdrawals(session: Session, organisation_id: int, release_id: int, *, hold: bool = False) -> Withdrawals:
    """Return what was withdrawn of a release; `hold` keeps others from withdrawing until the transaction ends."""
    of = {"organisation_id": organisation_id, "release_id": release_id}
    if hold:
        hold_release(session, release_id)
    return withdrawals_among(withdrawn_of(*row) for row in session.execute(_WITHDRAWN, of))


def hold_release(session: Session, release_id: int) -> None:
    """Keep others from withdrawing of a release, and from signing a case of its course, until the transaction ends."""
    session.execute(_HOLD, {"release_id": release_id})


_HOLD = select(Release.id).where(Release.id == bindparam("release_id")).with_for_update(read=True)
_WITHDRAWN = (
    select(
        ReleaseWithdrawal.fact,
        ReleaseWithdrawal.title,
        Account.name,
        ReleaseWithdrawal.withdrawn_at,
        ReleaseWithdrawal.reason,
    )
    .join(Account, Account.id == ReleaseWithdrawal.account_id)
    .where(
        ReleaseWithdrawal.organisation_id == bindparam("organisation_id"),
        ReleaseWithdrawal.release_id == bindparam("release_id"),
    )
    .order_by(ReleaseWithdrawal.id)
)


def get_release(session: Session, organisation_id: int, release_id: int) -> Release:
    """Return a release of this organisation; another's is not found."""
    release = session.scalar(
        select(Release).where(Release.organisation_id == organisation_id, Release.id == release_id)
    )
    if release is None:
        raise NotFoundError
    return release


def is_signed(session: Session, release_id: int) -> bool:
    """Tell whether a medical director signed a release."""
    query = select(ReleaseSignature.id).where(ReleaseSignature.release_id == release_id).limit(1)
    return session.scalar(query) is not None


def lesson_html(session: Session, release_id: int, lesson_id: str) -> ReleaseLesson:
    """Return a lesson as it was rendered; NotFoundError when the release has no such lesson."""
    lesson = session.get(ReleaseLesson, (release_id, lesson_id))
    if lesson is None:
        raise NotFoundError
    return lesson


def lessons(session: Session, release_id: int) -> list[tuple[str, str]]:
    """Return (lesson id, HTML) of all lessons of a release, in order."""
    rows = session.execute(
        select(ReleaseLesson.lesson_id, ReleaseLesson.html)
        .where(ReleaseLesson.release_id == release_id)
        .order_by(ReleaseLesson.position)
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A signature as it is printed; what the release was compared with, and what rested on the changes then."""

    release_id: int
    name: str
    signed_at: datetime
    meaning: str
    content_hash: str
    compared_with_id: int | None
    impact: dict[str, Any] | None


def signatures(session: Session, release_ids: Collection[int]) -> dict[int, list[Signed]]:
    """Return the signatures of releases, oldest first, by release."""
    rows = session.execute(
        select(ReleaseSignature, Account.name)
        .join(Account, Account.id == ReleaseSignature.account_id)
        .where(ReleaseSignature.release_id.in_(release_ids))
        .order_by(ReleaseSignature.signed_at, ReleaseSignature.id)
    )
    found: dict[int, list[Signed]] = {}
    for signature, name in rows:
        found.setdefault(signature.release_id, []).append(_signed(signature, name))
    return found


def _signed(signature: ReleaseSignature, name: str) -> Signed:
    return Signed(
        release_id=signature.release_id,
        name=name,
        signed_at=signature.signed_at,
        meaning=signature.meaning,
        content_hash=signature.content_hash,
        compared_with_id=signature.compared_with_id,
        impact=signature.impact,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """A release with who published it, who signed it, and what was withdrawn of it."""

    release: Release
    publisher: str
    signatures: tuple[Signed, ...]
    withdrawn: Withdrawals
    compared_with: Release | None  # by who signed it first; None for a course's first edition, and before


def whole(session: Session, organisation_id: int, release_id: int) -> Whole:
    """Return a release of this organisation with all that was done to it; another's is not found. One query."""
    publisher, signer, stopper = aliased(Account), aliased(Account), aliased(Account)
    stopped, base = aliased(ReleaseWithdrawal), aliased(Release)
    rows: Sequence[Any] = session.execute(
        select(
            Release,
            publisher.name,
            ReleaseSignature,
            signer.name,
            base,
            stopped.fact,
            stopped.title,
            stopper.name,
            stopped.withdrawn_at,
            stopped.reason,
        )
        .join(publisher, publisher.id == Release.published_by)
        .outerjoin(ReleaseSignature, ReleaseSignature.release_id == Release.id)
        .outerjoin(signer, signer.id == ReleaseSignature.account_id)
        .outerjoin(base, base.id == ReleaseSignature.compared_with_id)
        .outerjoin(stopped, (stopped.organisation_id == organisation_id) & (stopped.release_id == Release.id))
        .outerjoin(stopper, stopper.id == stopped.account_id)
        .where(Release.organisation_id == organisation_id, Release.id == release_id)
        .order_by(ReleaseSignature.id, stopped.id)
    ).all()
    if not rows:
        raise NotFoundError
    signed = {row[2].id: _signed(row[2], row[3]) for row in rows if row[2] is not None}
    return Whole(
        release=rows[0][0],
        publisher=rows[0][1],
        signatures=tuple(signed.values()),
        withdrawn=withdrawals_among(withdrawn_of(*row[5:]) for row in rows),
        compared_with=rows[0][4],
    )


def releases(session: Session, organisation_id: int) -> Sequence[tuple[Release, str]]:
    """Return all releases of an organisation with the name of who published each, newest first."""
    rows = session.execute(
        select(Release, Account.name)
        .join(Account, Account.id == Release.published_by)
        .where(Release.organisation_id == organisation_id)
        .order_by(Release.published_at.desc(), Release.id.desc())
        .limit(500)
    )
    return [(row[0], row[1]) for row in rows]


def pool_of(session: Session, release: Release) -> Pool:
    """Return what papers of a release are drawn from."""
    if release.content_hash not in _pools:
        rows = session.scalars(
            select(ReleaseItem)
            .where(ReleaseItem.release_id == release.id)
            .order_by(ReleaseItem.item_id, ReleaseItem.variant)
        ).all()
        items = {
            row.item_id: PoolItem(
                id=row.item_id,
                objective=row.objective,
                draw_from=row.draw_from,
                key_row=row.key_row,
                critical=row.critical,
            )
            for row in rows
        }
        _pools[release.content_hash] = Pool(
            items=tuple(items.values()),
            hashes={(row.item_id, row.variant): row.item_hash for row in rows},
        )
    return _pools[release.content_hash]


def items_resting_on(session: Session, release_id: int, facts: Collection[str]) -> dict[str, frozenset[str]]:
    """Return the items of a release that rest on any of these facts, by item id: the facts that each rests on."""
    wanted = frozenset(facts)
    found: dict[str, frozenset[str]] = {}
    rows = session.execute(
        select(ReleaseItem.item_id, ReleaseItem.key_row, ItemContent.keyed["facts"])
        .join(ItemContent, ItemContent.hash == ReleaseItem.item_hash)
        .where(ReleaseItem.release_id == release_id)
        .order_by(ReleaseItem.item_id)
    )
    for item_id, key_row, told in rows:
        if hit := wanted & {key_row, *told}:
            found[item_id] = found.get(item_id, frozenset()) | hit
    return found


def media(session: Session, organisation_id: int, content_hash: str, path: str) -> bytes:
    """Return a picture of content that this organisation published; NotFoundError otherwise."""
    data = session.scalar(
        select(ContentFile.data)
        .join(Release, Release.content_hash == ContentFile.content_hash)
        .where(
            Release.organisation_id == organisation_id,
            ContentFile.content_hash == content_hash,
            ContentFile.path == path,
        )
        .limit(1)
    )
    if data is None:
        raise NotFoundError
    return data
