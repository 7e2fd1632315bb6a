"""Sittings know how sure a person was, who let them start, where they sat, and what their browser told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Columns are added in place: a table that SQLite makes anew loses its triggers.
    op.add_column("response", sa.Column("certainty", sa.String(length=8), nullable=True))
    op.add_column("attempt", sa.Column("asks_certainty", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("attempt", sa.Column("networks", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("clinic", sa.Column("networks", sa.JSON(), server_default="[]", nullable=False))
    _make_codes()
    _make_events()
    _make_tasks()
    _refuse_changes("sitting_event", "UPDATE", "DELETE")
    _refuse_changes("coaching_task", "DELETE")
    _refuse_changes("proctor_code", "DELETE")


def _make_codes() -> None:
    op.create_table(
        "proctor_code",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=255), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", BIG_ID, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("attempt_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_proctor_code_account_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_proctor_code_attempt_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_proctor_code_made_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_proctor_code_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proctor_code")),
    )
    op.create_index(
        "ix_proctor_code_organisation_id_account_id", "proctor_code", ["organisation_id", "account_id", "course_id"]
    )


def _make_events() -> None:
    op.create_table(
        "sitting_event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_sitting_event_attempt_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sitting_event_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting_event")),
    )
    op.create_index("ix_sitting_event_organisation_id_attempt_id", "sitting_event", ["organisation_id", "attempt_id"])


def _make_tasks() -> None:
    op.create_table(
        "coaching_task",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("done_by", BIG_ID, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_coaching_task_account_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_coaching_task_attempt_id")),
        sa.ForeignKeyConstraint(["done_by"], ["account.id"], name=op.f("fk_coaching_task_done_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_coaching_task_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching_task")),
        sa.UniqueConstraint(
            "organisation_id",
            "attempt_id",
            "position",
            name=op.f("uq_coaching_task_organisation_id_attempt_id_position"),
        ),
    )
    op.create_index("ix_coaching_task_organisation_id_account_id", "coaching_task", ["organisation_id", "account_id"])


def _refuse_changes(table: str, *acts: str) -> None:
    for act in acts:
        name = f"{table}_no_{act.lower()}"
        if op.get_bind().dialect.name == "sqlite":
            refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
        else:
            refusal = "EXECUTE FUNCTION refuse_change()"
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW {refusal}")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    """Going back would lose what people were sure of: restore a backup instead."""
    raise RuntimeError("0004 does not know how sure a person was; restore a backup instead")
