"""Reading what changed from one release to another, how each change was classed, and what was counted to rest on it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.check import CourseError, load_files
from app.content.compare import Change, compare
from app.content.pieces import Piece, PieceKind, pieces_of
from app.people.models import Account
from app.releases import queries as releases
from app.releases.impact import Impact
from app.releases.models import (
    ContentFile,
    Release,
    ReleaseChange,
    ReleaseImpact,
    ReleasePiece,
    ReleaseSignature,
)
from app.releases.queries import Signed, Withdrawals, Withdrawn


def pieces(session: Session, release: Release) -> tuple[Piece, ...]:
    """Return the pieces of a release as it is compared and listed, in the order of its files."""
    return pieces_of_all(session, [release])[release.id]


def pieces_of_all(session: Session, found: Sequence[Release]) -> dict[int, tuple[Piece, ...]]:
    """Return the pieces of releases by release; one query."""
    kept: dict[int, list[Piece]] = {}
    for release_id, key, kind, title, shown in session.execute(
        select(ReleasePiece.release_id, ReleasePiece.key, ReleasePiece.kind, ReleasePiece.title, ReleasePiece.shown)
        .where(ReleasePiece.release_id.in_([release.id for release in found]))
        .order_by(ReleasePiece.release_id, ReleasePiece.position)
    ):
        piece = Piece(key=key, kind=PieceKind(kind), title=title, values=shown)
        kept.setdefault(release_id, []).append(piece)
    return {
        release.id: tuple(kept[release.id]) if release.id in kept else _from_files(session, release)
        for release in found
    }


def _from_files(session: Session, release: Release) -> tuple[Piece, ...]:
    # Published before releases kept their pieces: they are read from its files, which are the same for ever.
    files = select(ContentFile.path, ContentFile.data).where(ContentFile.content_hash == release.content_hash)
    stored = {row.path: row.data for row in session.execute(files)}
    try:
        return pieces_of(load_files(stored, release.course_id))
    except CourseError:
        return ()  # today's format refuses these files; everything of a newer release then counts as new


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """A row of a release in force."""

    release: Release
    key: str
    title: str


def taught_as_well(session: Session, release: Release) -> dict[str, list[Taught]]:
    """Return by a release's rows where else the same fact is taught now: rows with its `fact` id, not withdrawn yet."""
    in_force = releases.all_in_force(session, release.organisation_id)
    others = {one.release.id: one for one in in_force.values() if not one.withdrawn.whole}
    found = pieces_of_all(session, [release, *(one.release for key, one in others.items() if key != release.id)])
    rows: dict[str, list[Taught]] = {}
    for release_id, one in others.items():
        for piece in found[release_id]:
            if "fact" in piece.values and piece.key not in one.withdrawn.facts:
                row = Taught(release=one.release, key=piece.key, title=piece.title)
                rows.setdefault(piece.values["fact"], []).append(row)
    return {
        piece.key: [
            row for row in rows.get(piece.values["fact"], ()) if (row.release.id, row.key) != (release.id, piece.key)
        ]
        for piece in found[release.id]
        if "fact" in piece.values
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A release beside the one that it follows (None: it is a course's first), with every change between them."""

    base: Release | None
    changes: tuple[Change, ...]


def comparison(session: Session, release: Release, signed: Sequence[Signed]) -> Comparison:
    """Compare a release with the one in force; a signed one with that which it was compared with when it was signed."""
    if signed:
        before = signed[0].compared_with_id
        base = session.get(Release, before) if before else None
    else:
        current = releases.in_force(session, release.organisation_id, release.course_id)
        base = current.release if current else None
    return Comparison(base=base, changes=changes_between(session, base, release))


def changes_between(session: Session, base: Release | None, release: Release) -> tuple[Change, ...]:
    """Return what changed from one release to another, the gravest first; nothing where there is none before."""
    if base is None or base.id == release.id:
        return ()
    found = pieces_of_all(session, [base, release])
    return compare(found[base.id], found[release.id])


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """The class that somebody gave a change, with the reason."""

    change_class: str
    reason: str
    name: str
    at: datetime
    given_by: frozenset[int]
    """The accounts of all who ever gave the change a class."""


def confirmed_changes(session: Session, organisation_id: int, release_id: int) -> dict[str, Confirmed]:
    """Return the confirmations of a release's changes by the change's digest; of several the latest."""
    rows = session.execute(
        select(ReleaseChange, Account.name)
        .join(Account, Account.id == ReleaseChange.account_id)
        .where(ReleaseChange.organisation_id == organisation_id, ReleaseChange.release_id == release_id)
        .order_by(ReleaseChange.id)
    )
    given: dict[str, set[int]] = {}
    latest: dict[str, Confirmed] = {}
    for row, name in rows:
        given.setdefault(row.digest, set()).add(row.account_id)
        latest[row.digest] = Confirmed(
            change_class=row.change_class,
            reason=row.reason,
            name=name,
            at=row.confirmed_at,
            given_by=frozenset(given[row.digest]),
        )
    return latest


def coming_back(stopped: Withdrawals, changes: Sequence[Change]) -> list[Withdrawn]:
    """Return what was withdrawn of the release in force and stands in the next one as it was."""
    changed = {change.key for change in changes}  # what is gone is a change as well
    return [one for key, one in stopped.facts.items() if key not in changed]


def seen_digest(found: Comparison, confirmed: Mapping[str, Confirmed], impact: Impact) -> str:
    """Return the SHA-256 (hex) of all that a signer is shown beside the content itself.

    The release that it is compared with, each change with its class, reason and who gave them, and what rests on them.
    """
    told = [
        [change.digest, one.change_class, one.reason, sorted(one.given_by)]
        for change in found.changes
        if (one := confirmed.get(change.digest))
    ]
    shown = [found.base.id if found.base else None, sorted(told), impact.digest]
    return hashlib.sha256(json.dumps(shown, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What was counted to rest on the changes against one release, and when."""

    base_id: int
    impact: Impact
    at: datetime


def counted_impact(session: Session, organisation_id: int, release_id: int) -> Counted | None:
    """Return what was counted last to rest on a release's changes, None where nobody counted."""
    row = session.scalar(
        select(ReleaseImpact)
        .where(ReleaseImpact.organisation_id == organisation_id, ReleaseImpact.release_id == release_id)
        .order_by(ReleaseImpact.id.desc())
        .limit(1)
    )
    if row is None:
        return None
    return Counted(base_id=row.base_id, impact=Impact.from_stored(row.ids, row.by_change), at=row.counted_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """A signed release of a course in the list of its editions."""

    release_id: int
    edition: str
    signed_at: datetime


def editions(session: Session, organisation_id: int, course_id: str) -> list[Edition]:
    """Return the signed releases of a course, the one that came into force last first."""
    rows = session.execute(
        select(Release.id, Release.edition, func.min(ReleaseSignature.signed_at), func.min(ReleaseSignature.id))
        .join(ReleaseSignature, ReleaseSignature.release_id == Release.id)
        .where(Release.organisation_id == organisation_id, Release.course_id == course_id)
        .group_by(Release.id, Release.edition)
        .order_by(func.min(ReleaseSignature.id).desc())
    )
    return [Edition(release_id=row[0], edition=row[1], signed_at=row[2]) for row in rows]
