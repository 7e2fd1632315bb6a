"""Tables of the trail: entries are insert-only, their detail can be erased, leaves are numbered by the sealer."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class Entry(Base):
    """Who did what when; `commitment` is a salted SHA-256 of the detail, so that erasing it breaks no proof."""

    __tablename__ = "entry"
    __table_args__ = (sa.Index("ix_entry_organisation_id_recorded_at_id", "organisation_id", "recorded_at", "id"),)

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(160))
    account_id: Mapped[int | None] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    recorded_at: Mapped[datetime]
    commitment: Mapped[str] = mapped_column(sa.String(64))


class EntryDetail(Base):
    """The personal part of an entry: what a commitment commits to."""

    __tablename__ = "entry_detail"

    entry_id: Mapped[str] = mapped_column(sa.ForeignKey("entry.id"), primary_key=True)
    salt: Mapped[str] = mapped_column(sa.String(64))
    detail: Mapped[dict[str, Any]]


class Leaf(Base):
    """An entry's place in the Merkle log, given after the commit by the one sequencer."""

    __tablename__ = "leaf"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(sa.ForeignKey("entry.id"), unique=True)
