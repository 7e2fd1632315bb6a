"""Recalls: what changed, who rests on it, what they did about it, how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSERT_ONLY = (
    "recall",
    "recall_change",
    "recall_target",
    "recall_item",
    "recall_response",
    "recall_done",
    "recall_decision",
)


def upgrade() -> None:
    _make_recall()
    _make_recall_change()
    _make_recall_target()
    _make_recall_item()
    _make_recall_response()
    _make_recall_done()
    _make_recall_decision()
    for table_name in INSERT_ONLY:
        _make_insert_only(table_name)


def _belongs(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _make_recall() -> None:
    op.create_table(
        "recall",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("base_id", BIG_ID, nullable=False),
        sa.Column("task", sa.String(length=16), nullable=False),
        sa.Column("consequence", sa.String(length=16), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("started_by", BIG_ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meaning", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _belongs("recall", "organisation_id", "organisation.id"),
        _belongs("recall", "release_id", "release.id"),
        _belongs("recall", "base_id", "release.id"),
        _belongs("recall", "started_by", "account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
    )
    op.create_index("ix_recall_organisation_id_release_id", "recall", ["organisation_id", "release_id"], unique=False)


def _make_recall_change() -> None:
    op.create_table(
        "recall_change",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("recall_id", BIG_ID, nullable=False),
        sa.Column("release_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("change_class", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _belongs("recall_change", "organisation_id", "organisation.id"),
        _belongs("recall_change", "recall_id", "recall.id"),
        _belongs("recall_change", "release_id", "release.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_change")),
        sa.UniqueConstraint(
            "organisation_id",
            "release_id",
            "key",
            "round",
            name=op.f("uq_recall_change_organisation_id_release_id_key_round"),
        ),
    )
    op.create_index(
        "ix_recall_change_organisation_id_recall_id", "recall_change", ["organisation_id", "recall_id"], unique=False
    )


def _make_recall_target() -> None:
    op.create_table(
        "recall_target",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("recall_id", BIG_ID, nullable=False),
        sa.Column("certification_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("bonds", sa.JSON(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        _belongs("recall_target", "organisation_id", "organisation.id"),
        _belongs("recall_target", "recall_id", "recall.id"),
        _belongs("recall_target", "certification_id", "certification.id"),
        _belongs("recall_target", "account_id", "account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_target")),
        sa.UniqueConstraint(
            "organisation_id",
            "recall_id",
            "certification_id",
            name=op.f("uq_recall_target_organisation_id_recall_id_certification_id"),
        ),
    )
    op.create_index(
        "ix_recall_target_organisation_id_account_id", "recall_target", ["organisation_id", "account_id"], unique=False
    )
    op.create_index(
        "ix_recall_target_organisation_id_certification_id",
        "recall_target",
        ["organisation_id", "certification_id"],
        unique=False,
    )


def _make_recall_item() -> None:
    op.create_table(
        "recall_item",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("recall_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("item_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        _belongs("recall_item", "organisation_id", "organisation.id"),
        _belongs("recall_item", "recall_id", "recall.id"),
        _belongs("recall_item", "account_id", "account.id"),
        _belongs("recall_item", "item_hash", "item_content.hash"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_item")),
    )
    op.create_index(
        "ix_recall_item_organisation_id_recall_id",
        "recall_item",
        ["organisation_id", "recall_id", "account_id", "id"],
        unique=False,
    )


def _make_recall_response() -> None:
    op.create_table(
        "recall_response",
        sa.Column("recall_item_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        _belongs("recall_response", "recall_item_id", "recall_item.id"),
        _belongs("recall_response", "organisation_id", "organisation.id"),
        sa.PrimaryKeyConstraint("recall_item_id", name=op.f("pk_recall_response")),
    )


def _make_recall_done() -> None:
    op.create_table(
        "recall_done",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("recall_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempt_id", BIG_ID, nullable=True),
        sa.Column("meaning", sa.String(length=200), nullable=False),
        _belongs("recall_done", "organisation_id", "organisation.id"),
        _belongs("recall_done", "recall_id", "recall.id"),
        _belongs("recall_done", "account_id", "account.id"),
        _belongs("recall_done", "attempt_id", "attempt.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_done")),
        sa.UniqueConstraint(
            "organisation_id",
            "recall_id",
            "account_id",
            name=op.f("uq_recall_done_organisation_id_recall_id_account_id"),
        ),
    )


def _make_recall_decision() -> None:
    op.create_table(
        "recall_decision",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("recall_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meaning", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        _belongs("recall_decision", "organisation_id", "organisation.id"),
        _belongs("recall_decision", "recall_id", "recall.id"),
        _belongs("recall_decision", "account_id", "account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_decision")),
        sa.UniqueConstraint(
            "organisation_id", "recall_id", "kind", name=op.f("uq_recall_decision_organisation_id_recall_id_kind")
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
    """Going back would lose what people did: restore a backup instead."""
    raise RuntimeError("0008 does not know recalls; restore a backup instead")
