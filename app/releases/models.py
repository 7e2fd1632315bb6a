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
