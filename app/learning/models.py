"""Tables of assignments and lesson completions."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class Assignment(Base):
    """A course that a person is to complete, by a day."""

    __tablename__ = "assignment"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "account_id", "course_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    due_on: Mapped[date | None]
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))


class LessonCompletion(Base):
    """A lesson that a person marked as read, in the release that they read; for a renewal they may read it again."""

    __tablename__ = "lesson_completion"
    __table_args__ = (
        sa.UniqueConstraint(
            "organisation_id",
            "account_id",
            "release_id",
            "lesson_id",
            "completed_at",
            name="uq_lesson_completion_reading",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    course_id: Mapped[str] = mapped_column(sa.String(64))
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"))
    lesson_id: Mapped[str] = mapped_column(sa.String(64))
    completed_at: Mapped[datetime]
