"""Publishing a course's frozen content, and signing it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.audit import service as trail
from app.errors import RefusedError
from app.people import service as people
from app.people.permissions import Action, Actor
from app.releases import queries
from app.releases.freeze import Frozen
from app.releases.models import (
    ContentFile,
    ItemContent,
    Release,
    ReleaseItem,
    ReleaseLesson,
    ReleaseSignature,
)

MEANING = "Reviewed and approved for teaching"


def publish(session: Session, *, actor: Actor, frozen: Frozen, now: datetime) -> Release:
    """Store a course's content under its hash, unsigned; publishing the same content again gives the same release."""
    if not actor.can(Action.PUBLISH_RELEASE):
        raise RefusedError("Publishing needs the role Author or Administrator; ask an administrator for it.")
    known = session.scalar(
        select(Release).where(
            Release.organisation_id == actor.organisation_id,
            Release.course_id == frozen.course_id,
            Release.content_hash == frozen.hash,
        )
    )
    if known is not None:
        return known
    _store_content(session, frozen)
    release = Release(
        organisation_id=actor.organisation_id,
        course_id=frozen.course_id,
        title=frozen.title,
        edition=frozen.edition,
        content_hash=frozen.hash,
        manifest=frozen.manifest,
        published_at=now,
        published_by=actor.account_id,
    )
    session.add(release)
    session.flush()
    _store_rendered(session, release.id, frozen)
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="release.published",
        subject=f"release:{release.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"course": frozen.course_id, "edition": frozen.edition, "content_hash": frozen.hash},
    )
    return release


def sign(
    session: Session,
    *,
    actor: Actor,
    release_id: int,
    password: str,
    confirmed_rows: Collection[str],
    now: datetime,
) -> ReleaseSignature:
    """Sign a release with password: every protocol row confirmed, and not by who published it."""
    release = queries.get_release(session, actor.organisation_id, release_id)
    if not actor.can(Action.SIGN_RELEASE):
        raise RefusedError("Only a medical director signs a release.")
    people.lock_person(session, actor.account_id)
    people.check_password(session, account_id=actor.account_id, password=password)
    if release.published_by == actor.account_id:
        raise RefusedError("You published this release; another medical director has to sign it.")
    needed = {row["row"] for row in release.manifest["protocol"]}
    open_rows = needed - set(confirmed_rows)
    if open_rows:
        raise RefusedError(
            f"{len(open_rows)} of {len(needed)} protocol rows are not confirmed yet. Compare each with your protocol."
        )
    if actor.account_id in _signers(session, release.id):
        raise RefusedError("You signed this release already.")
    signature = ReleaseSignature(
        organisation_id=actor.organisation_id,
        release_id=release.id,
        account_id=actor.account_id,
        signed_at=now,
        meaning=MEANING,
        content_hash=release.content_hash,
        confirmed_rows=sorted(needed),
    )
    session.add(signature)
    session.flush()
    trail.record(
        session,
        organisation_id=actor.organisation_id,
        kind="release.signed",
        subject=f"release:{release.id}",
        actor_id=actor.account_id,
        now=now,
        detail={"meaning": MEANING, "content_hash": release.content_hash, "confirmed_rows": sorted(needed)},
    )
    return signature


def _signers(session: Session, release_id: int) -> set[int]:
    query = select(ReleaseSignature.account_id).where(ReleaseSignature.release_id == release_id)
    return set(session.scalars(query))


def _store_content(session: Session, frozen: Frozen) -> None:
    known = select(ContentFile.path).where(ContentFile.content_hash == frozen.hash).limit(1)
    if session.scalar(known) is None:
        session.execute(
            insert(ContentFile),
            [{"content_hash": frozen.hash, "path": path, "data": data} for path, data in frozen.files.items()],
        )
    hashes = {item.hash for item in frozen.items}
    stored = set(session.scalars(select(ItemContent.hash).where(ItemContent.hash.in_(hashes))))
    fresh = {item.hash: item for item in frozen.items if item.hash not in stored}
    if fresh:
        session.execute(
            insert(ItemContent),
            [{"hash": one.hash, "shown": one.shown, "keyed": one.keyed} for one in fresh.values()],
        )


def _store_rendered(session: Session, release_id: int, frozen: Frozen) -> None:
    session.execute(
        insert(ReleaseLesson),
        [
            {
                "release_id": release_id,
                "lesson_id": lesson_id,
                "position": position,
                "title": title,
                "minutes": minutes,
                "html": html,
            }
            for position, (lesson_id, title, minutes, html) in enumerate(frozen.lessons, start=1)
        ],
    )
    session.execute(
        insert(ReleaseItem),
        [
            {
                "release_id": release_id,
                "item_id": item.id,
                "variant": item.variant,
                "item_hash": item.hash,
                "objective": item.objective,
                "draw_from": item.draw_from,
                "key_row": item.key_row,
                "critical": item.critical,
            }
            for item in frozen.items
        ],
    )
