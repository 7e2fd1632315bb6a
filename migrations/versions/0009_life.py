"""A life by cells: suspensions of cells, one act that holds those of many, and what two people decide on several."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSERT_ONLY = ("interlock", "interlock_lift", "bulk_change", "bulk_decision")


def upgrade() -> None:
    _make_interlocks()
    _make_bulk_changes()
    for table_name in INSERT_ONLY:
        _make_insert_only(table_name)
    _add_link("certification_event", "lifts_id", "certification_event")
    _add_link("certification_event", "interlock_id", "interlock")
    op.create_index(
        "ix_certification_event_organisation_id_interlock_id",
        "certification_event",
        ["organisation_id", "interlock_id"],
        unique=False,
    )


def _refers(table: str, *columns: tuple[str, str]) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in (("organisation_id", "organisation"), ("account_id", "account"), *columns)
    )


def _make_interlocks() -> None:
    op.create_table(
        "interlock",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("clinic_id", BIG_ID, nullable=True),
        sa.Column("device", sa.String(length=64), nullable=True),
        sa.Column("procedure", sa.String(length=64), nullable=True),
        sa.Column("skin_types", sa.JSON(), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        *_refers("interlock", ("clinic_id", "clinic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interlock")),
    )
    op.create_index("ix_interlock_organisation_id", "interlock", ["organisation_id", "id"], unique=False)
    op.create_table(
        "interlock_lift",
        sa.Column("interlock_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        *_refers("interlock_lift", ("interlock_id", "interlock")),
        sa.PrimaryKeyConstraint("interlock_id", name=op.f("pk_interlock_lift")),
    )


def _make_bulk_changes() -> None:
    op.create_table(
        "bulk_change",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("certification_ids", sa.JSON(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        *_refers("bulk_change"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_change")),
    )
    op.create_index("ix_bulk_change_organisation_id", "bulk_change", ["organisation_id", "id"], unique=False)
    op.create_table(
        "bulk_decision",
        sa.Column("bulk_change_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        *_refers("bulk_decision", ("bulk_change_id", "bulk_change")),
        sa.PrimaryKeyConstraint("bulk_change_id", name=op.f("pk_bulk_decision")),
    )


def _add_link(table: str, column: str, other: str) -> None:
    """Add a column that refers to a table in place: SQLite would make the table anew, without its triggers."""
    name = op.f(f"fk_{table}_{column}")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {other} (id)")
        return
    op.add_column(table, sa.Column(column, BIG_ID, nullable=True))
    op.create_foreign_key(name, table, other, [column], ["id"])


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
    """Going back would lose who suspended what: restore a backup instead."""
    raise RuntimeError("0007 does not know suspensions of cells; restore a backup instead")
