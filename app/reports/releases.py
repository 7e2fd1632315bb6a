"""A release for who reviews or reads it: who did what with it, what changed in it, and what rests on that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.content.compare import Change, compare
from app.content.pieces import Piece
from app.errors import NotFoundError
from app.people.permissions import Actor
from app.releases import comparing, service
from app.releases import queries as releases
from app.releases.comparing import Comparison, Confirmed, Counted, Edition
from app.releases.impact import NO_IMPACT, Impact
from app.releases.models import Release, ReleaseSignature
from app.releases.queries import Whole, Withdrawn
from app.reports.impact import read_impact


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A release with all that stands around it: the one that it follows, what changed, what was counted to rest on it.

    `base` is None for a course's first release; `counted` is None where nobody counted against this base yet.
    `coming_back` was withdrawn of the base and stands in this release as it was: it cannot be signed so.
    """

    whole: Whole
    in_force: bool
    base: Release | None
    pieces: tuple[Piece, ...]
    changes: tuple[Change, ...]
    confirmed: Mapping[str, Confirmed]
    counted: Counted | None
    coming_back: tuple[Withdrawn, ...]

    @property
    def release(self) -> Release:
        """The release itself."""
        return self.whole.release

    @property
    def seen(self) -> str:
        """The digest of what this review shows a signer."""
        impact = self.counted.impact if self.counted else NO_IMPACT
        return comparing.seen_digest(Comparison(base=self.base, changes=self.changes), self.confirmed, impact)

    @property
    def unconfirmed(self) -> int:
        """How many changes nobody gave a class yet."""
        return sum(change.digest not in self.confirmed for change in self.changes)


def read_review(session: Session, organisation_id: int, release_id: int) -> Review:
    """Return a release of this organisation for its review; another's is not found. Five queries at most."""
    whole = releases.whole(session, organisation_id, release_id)
    current = releases.in_force(session, organisation_id, whole.release.course_id)
    base = whole.compared_with if whole.signatures else current.release if current else None
    pieces, changes = _beside(session, base, whole.release)
    confirmed = comparing.confirmed_changes(session, organisation_id, release_id) if changes else {}
    counted = comparing.counted_impact(session, organisation_id, release_id) if changes else None
    return Review(
        whole=whole,
        in_force=current is not None and current.release.id == release_id,
        base=base,
        pieces=pieces,
        changes=changes,
        confirmed=confirmed,
        counted=counted if counted and base and counted.base_id == base.id else None,
        coming_back=tuple(comparing.coming_back(current.withdrawn, changes))
        if current and not whole.signatures
        else (),
    )


def _beside(session: Session, base: Release | None, release: Release) -> tuple[tuple[Piece, ...], tuple[Change, ...]]:
    """Return the pieces of a release, and what changed in them since `base`; one query."""
    if base is None or base.id == release.id:
        return comparing.pieces(session, release), ()
    found = comparing.pieces_of_all(session, [base, release])
    return found[release.id], compare(found[base.id], found[release.id])


def impact_now(
    session: Session, *, organisation_id: int, release_id: int, day: date, now: datetime
) -> tuple[Comparison, Impact]:
    """Return a release beside the one in force, and what rests on its changes at this instant."""
    release = releases.get_release(session, organisation_id, release_id)
    signed = releases.signatures(session, [release_id]).get(release_id, ())
    found = comparing.comparison(session, release, signed)
    confirmed = comparing.confirmed_changes(session, organisation_id, release_id)
    classes = {digest: one.change_class for digest, one in confirmed.items()}
    return found, read_impact(session, found, classes, day=day, now=now) if found.changes else NO_IMPACT


def seen_now(session: Session, *, organisation_id: int, release_id: int, day: date, now: datetime) -> str:
    """Return the digest of what a signer of a release would be shown at this instant."""
    found, impact = impact_now(session, organisation_id=organisation_id, release_id=release_id, day=day, now=now)
    return comparing.seen_digest(found, comparing.confirmed_changes(session, organisation_id, release_id), impact)


def count_impact(session: Session, *, actor: Actor, release_id: int, day: date, now: datetime) -> Impact:
    """Count what rests on a release's changes, and keep it by id for who reviews it."""
    releases.get_release(session, actor.organisation_id, release_id)
    service.check_may_count(actor)
    found, impact = impact_now(session, organisation_id=actor.organisation_id, release_id=release_id, day=day, now=now)
    if found.base is not None:
        service.keep_impact(session, actor=actor, release_id=release_id, base_id=found.base.id, impact=impact, now=now)
    return impact


def sign(
    session: Session,
    *,
    actor: Actor,
    release_id: int,
    password: str,
    confirmed_rows: Collection[str],
    seen: str | None,
    day: date,
    now: datetime,
) -> None:
    """Sign a release with what rests on its changes at this instant; `seen` is the digest of what the signer saw."""
    _, impact = impact_now(session, organisation_id=actor.organisation_id, release_id=release_id, day=day, now=now)
    service.sign(
        session,
        actor=actor,
        release_id=release_id,
        password=password,
        confirmed_rows=confirmed_rows,
        now=now,
        impact=impact,
        seen=seen or "",
    )


def unsigned(session: Session, actor: Actor) -> Sequence[Release]:
    """Return the newest release of each course that nobody signed yet and that somebody else published; one query."""
    later = aliased(Release)
    newer = select(later.id).where(
        later.organisation_id == Release.organisation_id,
        later.course_id == Release.course_id,
        later.id > Release.id,
    )
    signed = select(ReleaseSignature.id).where(ReleaseSignature.release_id == Release.id)
    waiting = select(Release).where(
        Release.organisation_id == actor.organisation_id,
        Release.published_by != actor.account_id,
        ~newer.exists(),
        ~signed.exists(),
    )
    return session.scalars(waiting.order_by(Release.id.desc())).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionRead:
    """A signed edition for everybody: its pieces, what changed since the one before, and the others of its course."""

    whole: Whole
    pieces: tuple[Piece, ...]
    changes: tuple[Change, ...]
    confirmed: Mapping[str, Confirmed]
    editions: tuple[Edition, ...]


def read_edition(session: Session, organisation_id: int, release_id: int) -> EditionRead:
    """Return a signed release for anybody of its organisation; an unsigned one is not found. Five queries at most."""
    whole = releases.whole(session, organisation_id, release_id)
    if not whole.signatures:
        raise NotFoundError
    before = whole.signatures[0].compared_with_id
    base = releases.get_release(session, organisation_id, before) if before else None
    found = comparing.pieces_of_all(session, [*([base] if base else []), whole.release])
    return EditionRead(
        whole=whole,
        pieces=found[whole.release.id],
        changes=compare(found[base.id], found[whole.release.id]) if base else (),
        confirmed=comparing.confirmed_changes(session, organisation_id, release_id) if base else {},
        editions=tuple(comparing.editions(session, organisation_id, whole.release.course_id)),
    )
