"""An edition of the course whose exam asks for more: how sure one is, or a code from somebody on site."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.releases import service as releases
from app.releases.models import Release
from tests.factories import PASSWORD, World, frozen_course


def sign_edition(session: Session, world: World, *, now: datetime, **exam: object) -> Release:
    """Publish the course as Tom with a changed exam, such as certainty=True, and sign it as Mira."""
    frozen = frozen_course()
    manifest = {**frozen.manifest, "exam": {**frozen.manifest["exam"], **exam}}
    edition = replace(frozen, hash="e" * 64, edition="2027.1", manifest=manifest)
    release = releases.publish(session, actor=world.tom.actor, frozen=edition, now=now)
    releases.sign(
        session,
        actor=world.mira.actor,
        release_id=release.id,
        password=PASSWORD,
        confirmed_rows=[row["row"] for row in release.manifest["protocol"]],
        now=now + timedelta(seconds=1),
    )
    return release
