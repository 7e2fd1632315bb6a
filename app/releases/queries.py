"""Reading releases: what is in force, what a course teaches, what waits for a signature."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.content.draw import PoolItem
from app.errors import NotFoundError
from app.people.models import Account
from app.releases.models import ContentFile, Release, ReleaseItem, ReleaseLesson, ReleaseSignature


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """The items of a release that a paper is drawn from, and the content hash of each live variant."""

    items: tuple[PoolItem, ...]
    hashes: dict[tuple[str, int], str]


# Published content never changes, so what was read of it once stays true: the key is its hash.
_pools: dict[str, Pool] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """A release that counts, with who signed it last and when."""

    release: Release
    signed_at: datetime
    signer: str


def in_force(session: Session, organisation_id: int, course_id: str) -> Release | None:
    """Return the release of a course that counts: of the signed ones the one first signed last."""
    found = all_in_force(session, organisation_id, [course_id]).get(course_id)
    return found.release if found else None


def all_in_force(
    session: Session, organisation_id: int, course_ids: Collection[str] | None = None
) -> dict[str, InForce]:
    """Return the releases in force by course id, in the order of their titles; one query."""
    of = {"organisation_id": organisation_id, "course_ids": course_ids}
    return {
        release.course_id: InForce(release=release, signed_at=signed_at, signer=signer)
        for release, signed_at, signer in session.execute(_in_force(some=course_ids is not None), of)
    }


@cache
def _in_force(*, some: bool) -> Select[Release, datetime, str]:
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
    last = newest.subquery()
    return (
        select(Release, last.c.signed_at, Account.name)
        .join(last, last.c.release_id == Release.id)
        .join(Account, Account.id == last.c.account_id)
        .where(last.c.place == 1)
        .order_by(Release.title, Release.course_id)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A signature as it is printed."""

    release_id: int
    name: str
    signed_at: datetime
    meaning: str
    content_hash: str


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
        signed = Signed(
            release_id=signature.release_id,
            name=name,
            signed_at=signature.signed_at,
            meaning=signature.meaning,
            content_hash=signature.content_hash,
        )
        found.setdefault(signature.release_id, []).append(signed)
    return found


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


def items_in_pool(session: Session, release_id: int) -> int:
    """Return how many items a release can ask, variants not counted."""
    query = select(func.count(ReleaseItem.item_id.distinct())).where(ReleaseItem.release_id == release_id)
    return session.scalar(query) or 0


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
