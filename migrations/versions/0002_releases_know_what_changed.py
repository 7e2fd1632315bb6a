"""Releases know what changed: their pieces, confirmed changes, withdrawals, and what a signature saw."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSERT_ONLY = ("release_piece", "release_change", "release_impact", "release_withdrawal")


def upgrade() -> None:
    _make_pieces()
    _make_changes()
    _make_impacts()
    _make_withdrawals()
    with op.batch_alter_table("release_signature") as table:
        table.add_column(sa.Column("compared_with_id", BIG_ID, nullable=True))
        table.add_column(sa.Column("impact", sa.JSON(), nullable=True))
        table.create_foreign_key(op.f("fk_release_signature_compared_with_id"), "release", ["compared_with_id"], ["id"])
    for table_name in INSERT_ONLY:
        _make_insert_only(table_name)
    # The table of signatures was made anew by SQLite, without its triggers.
    if op.get_bind().dialect.name == "sqlite":
        _make_insert_only("release_signature")


def _make_pieces() -> None:
    op.create_table(
        "release_piece",
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_piece_release_id")),
        sa.PrimaryKeyConstraint("release_id", "key", name=op.f("pk_release_piece")),
    )


def _make_changes() -> None:
    op.create_table(
        "release_change",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("change_class", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_release_change_account_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_release_change_organisation_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_change_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_change")),
    )
    op.create_index("ix_release_change_organisation_id_release_id", "release_change", ["organisation_id", "release_id"])


def _make_impacts() -> None:
    op.create_table(
        "release_impact",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("base_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("by_change", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_release_impact_account_id")),
        sa.ForeignKeyConstraint(["base_id"], ["release.id"], name=op.f("fk_release_impact_base_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_release_impact_organisation_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_impact_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_impact")),
    )
    op.create_index("ix_release_impact_organisation_id_release_id", "release_impact", ["organisation_id", "release_id"])


def _make_withdrawals() -> None:
    op.create_table(
        "release_withdrawal",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("fact", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_release_withdrawal_account_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_release_withdrawal_organisation_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_withdrawal_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_withdrawal")),
        sa.UniqueConstraint(
            "organisation_id", "release_id", "fact", name=op.f("uq_release_withdrawal_organisation_id_release_id_fact")
        ),
    )


def _make_insert_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table} FOR EACH ROW "
                f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change()"
        )
    op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    """Going back would lose who withdrew what: restore a backup instead."""
    raise RuntimeError("0001 does not know withdrawals; restore a backup instead")
