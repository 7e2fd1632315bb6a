"""Tables of organisations, clinics, accounts, roles, sign-ins and links."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId


class Organisation(Base):
    """A company that runs clinics; its time zone decides what "today" is."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    is_demo: Mapped[bool]
    created_at: Mapped[datetime]


class Clinic(Base):
    """A place where people are treated."""

    __tablename__ = "clinic"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    # Where its people sit exams, as CIDR; none: anywhere.
    networks: Mapped[list[Any]] = mapped_column(server_default="[]")


class ClinicDevice(Base):
    """A device that a clinic has, by its id in the courses."""

    __tablename__ = "clinic_device"

    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    device: Mapped[str] = mapped_column(sa.String(64), primary_key=True)


class Account(Base):
    """A person of one organisation; the e-mail address is stored in lower case and is how they sign in."""

    __tablename__ = "account"
    __table_args__ = (sa.Index("ix_account_organisation_id_name", "organisation_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(sa.String(500))


class RoleGrant(Base):
    """A role that a person holds for a clinic, or (clinic_id null) for the whole organisation, until it is ended."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.Index(
            "uq_role_grant_everywhere",
            "account_id",
            "role",
            unique=True,
            sqlite_where=sa.text("clinic_id IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("clinic_id IS NULL AND ended_at IS NULL"),
        ),
        sa.Index(
            "uq_role_grant_clinic",
            "account_id",
            "clinic_id",
            "role",
            unique=True,
            sqlite_where=sa.text("clinic_id IS NOT NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("clinic_id IS NOT NULL AND ended_at IS NULL"),
        ),
        # Every request asks for the roles of who is signed in: the two above are partial, and no use for that.
        sa.Index("ix_role_grant_account_id", "account_id"),
        sa.Index("ix_role_grant_organisation_id_clinic_id_role", "organisation_id", "clinic_id", "role"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    clinic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("clinic.id"))
    role: Mapped[str] = mapped_column(sa.String(32))
    granted_at: Mapped[datetime]
    granted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class SignIn(Base):
    """One signed-in browser; only the SHA-256 of its token is kept."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AccessLink(Base):
    """A link to set a password, for an invitation or a reset; it works once, until it expires."""

    __tablename__ = "access_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """What lets another program of an organisation read; only the SHA-256 of the token is kept."""

    __tablename__ = "api_token"
    __table_args__ = (sa.Index("ix_api_token_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    # The ids of the clinics that it reads; null: every clinic, also one that is added later.
    clinics: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[datetime]
    last_used_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class RateWindow(Base):
    """How often somebody tried something in the window that ends at `expires_at` (seconds since 1970)."""

    __tablename__ = "rate_window"

    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[float]
