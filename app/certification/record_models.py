"""Tables of who read whose training record; every row is written once."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class RecordReading(Base):
    """Somebody opened the training record of somebody else: one row a reader and day."""

    __tablename__ = "record_reading"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "account_id", "reader_id", "read_on"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    reader_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    read_on: Mapped[date]
    read_at: Mapped[datetime]
