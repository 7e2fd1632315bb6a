"""Tables of releases: the files as published, lessons and items as rendered, and the signatures."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class ContentFile(Base):
    """One file of published content, addressed by the hash of the whole."""

    __tablename__ = "content_file"

    content_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    path: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    data: Mapped[bytes]


class Release(Base):
    """A frozen edition of a course in one organisation; `manifest` holds its rules as values."""

    __tablename__ = "release"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "course_id", "content_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.String(200))
    edition: Mapped[str] = mapped_column(sa.String(64))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    manifest: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))


class ReleaseLesson(Base):
    """A lesson of a release, rendered once."""

    __tablename__ = "release_lesson"

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), primary_key=True)
    lesson_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    minutes: Mapped[int]
    html: Mapped[str] = mapped_column(sa.Text)


class ReleasePiece(Base):
    """A piece of a release as it is compared and listed: a fact, a lesson, an item written by hand, a rule."""

    __tablename__ = "release_piece"

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(16))
    title: Mapped[str] = mapped_column(sa.Text)
    shown: Mapped[dict[str, Any]]


class ReleaseChange(Base):
    """A change against the release in force whose class somebody confirmed, with the reason; the latest counts."""

    __tablename__ = "release_change"
    __table_args__ = (sa.Index("ix_release_change_organisation_id_release_id", "organisation_id", "release_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(sa.String(200))
    change_class: Mapped[str] = mapped_column(sa.String(16))
    reason: Mapped[str] = mapped_column(sa.String(500))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    confirmed_at: Mapped[datetime]


class ReleaseImpact(Base):
    """What rested on a release's changes when somebody counted it, by id; the latest counts."""

    __tablename__ = "release_impact"
    __table_args__ = (sa.Index("ix_release_impact_organisation_id_release_id", "organisation_id", "release_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    base_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    counted_at: Mapped[datetime]
    ids: Mapped[dict[str, Any]]
    by_change: Mapped[dict[str, Any]]


class ReleaseWithdrawal(Base):
    """A release, or one row of it, that must not be taught or asked any more; `fact` is empty for the whole release."""

    __tablename__ = "release_withdrawal"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "release_id", "fact"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    fact: Mapped[str] = mapped_column(sa.String(200))
    title: Mapped[str] = mapped_column(sa.Text)  # what was withdrawn, as people read it
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(500))


class ItemContent(Base):
    """An item as it is asked, stored once under its hash: `shown` reaches a browser, `keyed` never before the end."""

    __tablename__ = "item_content"

    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    shown: Mapped[dict[str, Any]]
    keyed: Mapped[dict[str, Any]]


class ReleaseItem(Base):
    """An item in a release's pool, at one of its live variant seeds."""

    __tablename__ = "release_item"

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    variant: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_hash: Mapped[str] = mapped_column(sa.ForeignKey("item_content.hash"))
    objective: Mapped[str] = mapped_column(sa.String(64))
    draw_from: Mapped[str] = mapped_column(sa.String(32))
    key_row: Mapped[str] = mapped_column(sa.String(200))
    critical: Mapped[bool]


class ReleaseSignature(Base):
    """A medical director's signature over content: who, when, its meaning, each protocol row confirmed."""

    __tablename__ = "release_signature"
    __table_args__ = (sa.UniqueConstraint("release_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    signed_at: Mapped[datetime]
    meaning: Mapped[str] = mapped_column(sa.String(200))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    confirmed_rows: Mapped[list[Any]]
    # What it was compared with and what rests on the changes, as who signed it saw it; none for a first edition.
    compared_with_id: Mapped[int | None] = mapped_column(sa.ForeignKey("release.id"))
    impact: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
