"""The refresher: items asked outside the exam, the responses to them, and what they say of a person's memory."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSERT_ONLY = ("refresher_item", "refresher_response")


def upgrade() -> None:
    _make_items()
    _make_responses()
    _make_cards()
    for table_name in INSERT_ONLY:
        _make_insert_only(table_name)


def _belongs(table: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return (
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f(f"fk_{table}_organisation_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id")),
    )


def _make_items() -> None:
    op.create_table(
        "refresher_item",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("daily", sa.Boolean(), nullable=False),
        sa.Column("fact", sa.String(length=200), nullable=False),
        sa.Column("objective", sa.String(length=64), nullable=False),
        sa.Column("item_id", sa.String(length=200), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("item_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        *_belongs("refresher_item"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_refresher_item_release_id")),
        sa.ForeignKeyConstraint(["item_hash"], ["item_content.hash"], name=op.f("fk_refresher_item_item_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresher_item")),
    )
    op.create_index(
        "ix_refresher_item_organisation_id_account_id",
        "refresher_item",
        ["organisation_id", "account_id", "id"],
        unique=False,
    )


def _make_responses() -> None:
    op.create_table(
        "refresher_response",
        sa.Column("refresher_item_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("credit_numerator", sa.BigInteger(), nullable=False),
        sa.Column("credit_denominator", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        *_belongs("refresher_response"),
        sa.ForeignKeyConstraint(
            ["refresher_item_id"], ["refresher_item.id"], name=op.f("fk_refresher_response_refresher_item_id")
        ),
        sa.PrimaryKeyConstraint("refresher_item_id", name=op.f("pk_refresher_response")),
    )
    op.create_index(
        "ix_refresher_response_organisation_id_account_id",
        "refresher_response",
        ["organisation_id", "account_id", "answered_at"],
        unique=False,
    )


def _make_cards() -> None:
    op.create_table(
        "refresher_card",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("fact", sa.String(length=200), nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("memory", sa.JSON(), nullable=False),
        *_belongs("refresher_card"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresher_card")),
        sa.UniqueConstraint(
            "organisation_id", "account_id", "fact", name=op.f("uq_refresher_card_organisation_id_account_id_fact")
        ),
    )
    op.create_index(
        "ix_refresher_card_organisation_id_account_id",
        "refresher_card",
        ["organisation_id", "account_id", "due_at"],
        unique=False,
    )


def _make_insert_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} FOR EACH ROW "
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
    """Going back would lose what people answered: restore a backup instead."""
    raise RuntimeError("0006 does not know the refresher; restore a backup instead")
