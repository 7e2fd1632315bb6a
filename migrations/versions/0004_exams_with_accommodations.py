"""Exams keep what a paper was drawn from, and know accommodations and breaks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # One by one: SQLite adds such columns in place, and keeps the table's triggers and partial indexes.
    op.add_column("attempt", sa.Column("draw_inputs", sa.JSON(), nullable=True))
    op.add_column("attempt", sa.Column("terms", sa.JSON(), nullable=True))
    op.add_column("attempt", sa.Column("breaks_taken", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("attempt", sa.Column("break_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_attempt_organisation_id_release_id", "attempt", ["organisation_id", "release_id", "id"])
    _make_breaks()
    _make_accommodations()


def _make_breaks() -> None:
    op.create_table(
        "attempt_break",
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_attempt_break_attempt_id")),
        sa.PrimaryKeyConstraint("attempt_id", "number", name=op.f("pk_attempt_break")),
    )


def _make_accommodations() -> None:
    op.create_table(
        "accommodation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=True),
        sa.Column("time_numerator", sa.Integer(), nullable=False),
        sa.Column("time_denominator", sa.Integer(), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.Column("breaks", sa.Integer(), nullable=False),
        sa.Column("break_minutes", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("granted_by", BIG_ID, nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", BIG_ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_accommodation_account_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_accommodation_ended_by")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_accommodation_granted_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_accommodation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accommodation")),
    )
    op.create_index("ix_accommodation_organisation_id_account_id", "accommodation", ["organisation_id", "account_id"])


def downgrade() -> None:
    """Going back would lose what was granted to whom: restore a backup instead."""
    raise RuntimeError("0003 does not know accommodations; restore a backup instead")
