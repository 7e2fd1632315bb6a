"""Practice: what was seen of a treatment, the technician's own signature, corrections, and appointed evaluators."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
INSERT_ONLY = ("sign_off_step", "sign_off_answer", "sign_off_correction")


def upgrade() -> None:
    # Columns are added in place: a table that SQLite makes anew loses its triggers.
    op.add_column("sign_off", sa.Column("outcome", sa.String(length=16), nullable=True))
    op.add_column("sign_off", sa.Column("complete", sa.Boolean(), nullable=True))
    op.add_column("sign_off", sa.Column("remarks", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("sign_off", sa.Column("words", sa.String(length=300), nullable=True))
    op.create_index("ix_sign_off_organisation_id_evaluator_id", "sign_off", ["organisation_id", "evaluator_id"])
    _make_steps()
    _make_answers()
    _make_corrections()
    _make_appointments()
    for table in INSERT_ONLY:
        _refuse_changes(table, "UPDATE", "DELETE")
    _refuse_changes("evaluator_appointment", "DELETE")


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _make_steps() -> None:
    table = "sign_off_step"
    op.create_table(
        table,
        sa.Column("sign_off_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("fact", sa.String(length=200), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        _key(table, "sign_off_id", "sign_off"),
        _key(table, "organisation_id", "organisation"),
        _key(table, "release_id", "release"),
        sa.PrimaryKeyConstraint("sign_off_id", "position", name=op.f("pk_sign_off_step")),
    )
    op.create_index("ix_sign_off_step_organisation_id_fact", table, ["organisation_id", "fact"])
    op.create_index("ix_sign_off_step_organisation_id_sign_off_id", table, ["organisation_id", "sign_off_id"])


def _make_answers() -> None:
    table = "sign_off_answer"
    op.create_table(
        table,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("sign_off_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("words", sa.String(length=300), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=False),
        _key(table, "organisation_id", "organisation"),
        _key(table, "sign_off_id", "sign_off"),
        _key(table, "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off_answer")),
        sa.UniqueConstraint(
            "organisation_id", "sign_off_id", name=op.f("uq_sign_off_answer_organisation_id_sign_off_id")
        ),
    )


def _make_corrections() -> None:
    table = "sign_off_correction"
    op.create_table(
        table,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("sign_off_id", BIG_ID, nullable=False),
        sa.Column("replaced_by_id", BIG_ID, nullable=True),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=True),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("corrected_at", INSTANT, nullable=False),
        _key(table, "organisation_id", "organisation"),
        _key(table, "sign_off_id", "sign_off"),
        _key(table, "replaced_by_id", "sign_off"),
        _key(table, "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off_correction")),
        sa.UniqueConstraint(
            "organisation_id", "sign_off_id", name=op.f("uq_sign_off_correction_organisation_id_sign_off_id")
        ),
    )


def _make_appointments() -> None:
    table = "evaluator_appointment"
    op.create_table(
        table,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("evidence", sa.String(length=500), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("appointed_by", BIG_ID, nullable=False),
        sa.Column("appointed_at", INSTANT, nullable=False),
        sa.Column("ended_by", BIG_ID, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        _key(table, "organisation_id", "organisation"),
        _key(table, "account_id", "account"),
        _key(table, "appointed_by", "account"),
        _key(table, "ended_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluator_appointment")),
    )
    op.create_index(
        "ix_evaluator_appointment_organisation_id_account_id", table, ["organisation_id", "account_id"], unique=False
    )


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
    """Going back would lose what people signed: restore a backup instead."""
    raise RuntimeError("0011 does not know what technicians signed; restore a backup instead")
