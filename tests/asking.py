"""Editions of the course that ask otherwise: how sure one is, a code from somebody on site, less for a renewal."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.releases import comparing
from app.releases import service as releases
from app.releases.freeze import Frozen
from app.releases.models import Release
from tests.factories import PASSWORD, World, frozen_course


def sign_edition(session: Session, world: World, *, now: datetime, **exam: object) -> Release:
    """Publish the course as Tom with a changed exam, such as certainty=True, and sign it as Mira."""
    frozen = frozen_course()
    manifest = {**frozen.manifest, "exam": {**frozen.manifest["exam"], **exam}}
    return _signed(session, world, replace(frozen, hash="e" * 64, edition="2027.1", manifest=manifest), now)


def sign_renewing(
    session: Session, world: World, *, now: datetime, lessons: str, items: int = 10, of: Frozen | None = None
) -> Release:
    """Publish the course, or another edition of it, under a scheme whose renewal is shorter, and sign it as Mira."""
    frozen = of or frozen_course()
    scheme = {**frozen.manifest["scheme"], "renewal_lessons": lessons, "renewal_items": items}
    digest = hashlib.sha256(f"{frozen.hash} {lessons} {items}".encode()).hexdigest()
    edition = replace(frozen, hash=digest, edition="2027.2", manifest={**frozen.manifest, "scheme": scheme})
    return _signed(session, world, edition, now)


def _signed(session: Session, world: World, edition: Frozen, now: datetime) -> Release:
    release = releases.publish(session, actor=world.tom.actor, frozen=edition, now=now)
    changes = comparing.comparison(session, release, ()).changes
    told = {one.digest: (one.change_class.value, "The board decided") for one in changes}
    if told:
        releases.confirm_changes(session, actor=world.tom.actor, release_id=release.id, told=told, now=now)
    releases.sign(
        session,
        actor=world.mira.actor,
        release_id=release.id,
        password=PASSWORD,
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        now=now + timedelta(seconds=1),
    )
    return release
