"""Tables of the refresher: items asked outside the exam, what was chosen, and a card for each fact."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class RefresherItem(Base):
    """An item that a person was asked outside the exam; `fact` is what their card is found by, never changed."""

    __tablename__ = "refresher_item"
    __table_args__ = (sa.Index("ix_refresher_item_organisation_id_account_id", "organisation_id", "account_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    daily: Mapped[bool]
    fact: Mapped[str] = mapped_column(sa.String(200))
    objective: Mapped[str] = mapped_column(sa.String(64))
    item_id: Mapped[str] = mapped_column(sa.String(200))
    family: Mapped[str] = mapped_column(sa.String(64))
    variant: Mapped[int]
    item_hash: Mapped[str] = mapped_column(sa.ForeignKey("item_content.hash"))
    asked_at: Mapped[datetime]


class RefresherResponse(Base):
    """What was chosen for an item outside the exam, once, with the credit (an exact fraction); none is ever changed."""

    __tablename__ = "refresher_response"
    __table_args__ = (
        sa.Index("ix_refresher_response_organisation_id_account_id", "organisation_id", "account_id", "answered_at"),
    )

    refresher_item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("refresher_item.id"), primary_key=True, autoincrement=False
    )
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    chosen: Mapped[Any] = mapped_column(sa.JSON)
    credit_numerator: Mapped[int] = mapped_column(sa.BigInteger)
    credit_denominator: Mapped[int] = mapped_column(sa.BigInteger)
    answered_at: Mapped[datetime]


class RefresherCard(Base):
    """What the responses to a fact say of a person's memory, folded; `due_at` is empty while no edition asks it.

    It can be made again from the responses at any time; it is kept so that what is due is found by an index.
    """

    __tablename__ = "refresher_card"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "account_id", "fact"),
        sa.Index("ix_refresher_card_organisation_id_account_id", "organisation_id", "account_id", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    fact: Mapped[str] = mapped_column(sa.String(200))
    course_id: Mapped[str] = mapped_column(sa.String(64))  # where it was asked last
    due_at: Mapped[datetime | None]
    memory: Mapped[dict[str, Any]]
