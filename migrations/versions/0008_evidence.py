"""Who read whose training record."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSERT_ONLY = ("record_reading",)


def upgrade() -> None:
    _make_readings()
    for table_name in INSERT_ONLY:
        _make_insert_only(table_name)


def _refers(table: str, **columns: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    )


def _make_readings() -> None:
    op.create_table(
        "record_reading",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("reader_id", BIG_ID, nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        *_refers("record_reading", organisation_id="organisation", account_id="account", reader_id="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_reading")),
        sa.UniqueConstraint(
            "organisation_id",
            "account_id",
            "reader_id",
            "read_on",
            name=op.f("uq_record_reading_organisation_id_account_id_reader_id_read_on"),
        ),
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
    """Going back would lose who read what: restore a backup instead."""
    raise RuntimeError("0007 does not know who read what; restore a backup instead")
