"""Evidence from outside with what was decided about it, and who read whose training record."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSERT_ONLY = ("record_reading", "outside_evidence", "evidence_decision")


def upgrade() -> None:
    _make_readings()
    _make_evidence()
    _make_decisions()
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


def _make_evidence() -> None:
    op.create_table(
        "outside_evidence",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("file_name", sa.String(length=64), nullable=False),
        sa.Column("file_kind", sa.String(length=8), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", BIG_ID, nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        *_refers("outside_evidence", organisation_id="organisation", account_id="account", uploaded_by="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_evidence")),
        sa.UniqueConstraint("organisation_id", "file_name", name=op.f("uq_outside_evidence_organisation_id_file_name")),
    )
    op.create_index(
        "ix_outside_evidence_organisation_id_account_id", "outside_evidence", ["organisation_id", "account_id"]
    )


def _make_decisions() -> None:
    op.create_table(
        "evidence_decision",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("evidence_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("requirements", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("decided_by", BIG_ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        *_refers(
            "evidence_decision",
            organisation_id="organisation",
            evidence_id="outside_evidence",
            account_id="account",
            decided_by="account",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_decision")),
        sa.UniqueConstraint(
            "organisation_id",
            "evidence_id",
            "course_id",
            name=op.f("uq_evidence_decision_organisation_id_evidence_id_course_id"),
        ),
    )
    op.create_index(
        "ix_evidence_decision_organisation_id_account_id",
        "evidence_decision",
        ["organisation_id", "account_id", "course_id"],
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
    """Going back would lose evidence and who read what: restore a backup instead."""
    raise RuntimeError("0007 knows neither evidence nor readings; restore a backup instead")
