"""A release for who reviews it: the frozen content with who published and signed it, and how much it can ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.people import queries as people
from app.releases import queries as releases
from app.releases.models import Release
from app.releases.queries import Signed


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A release with all that stands around it; `items` counts what it can ask, variants not counted."""

    release: Release
    publisher: str
    signatures: Sequence[Signed]
    items: int
    in_force: bool


def read_review(session: Session, organisation_id: int, release_id: int) -> Review:
    """Return a release of this organisation for its review; another's is not found. Five queries."""
    release = releases.get_release(session, organisation_id, release_id)
    current = releases.in_force(session, organisation_id, release.course_id)
    return Review(
        release=release,
        publisher=people.names(session, [release.published_by]).get(release.published_by, ""),
        signatures=releases.signatures(session, [release.id]).get(release.id, ()),
        items=releases.items_in_pool(session, release.id),
        in_force=current is not None and current.id == release.id,
    )
