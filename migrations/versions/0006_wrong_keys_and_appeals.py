"""Cases about items whose key was wrong, the regrades and reviews that follow, and appeals."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSERT_ONLY = (
    "appeal",
    "appeal_answer",
    "item_case",
    "case_proposal",
    "case_decision",
    "regrade",
    "regrade_review",
)


def upgrade() -> None:
    _make_appeal()
    _make_appeal_answer()
    _make_item_case()
    _make_case_proposal()
    _make_case_decision()
    _make_regrade()
    _make_regrade_review()
    for table_name in INSERT_ONLY:
        _make_insert_only(table_name)


def _make_appeal() -> None:
    op.create_table(
        "appeal",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_appeal_organisation_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_appeal_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint(
            "organisation_id", "attempt_id", "position", name=op.f("uq_appeal_organisation_id_attempt_id_position")
        ),
    )


def _make_appeal_answer() -> None:
    op.create_table(
        "appeal_answer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("appeal_id", BIG_ID, nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=False),
        sa.Column("decided_by", BIG_ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_appeal_answer_organisation_id")
        ),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_answer_appeal_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_appeal_answer_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_answer")),
        sa.UniqueConstraint("organisation_id", "appeal_id", name=op.f("uq_appeal_answer_organisation_id_appeal_id")),
    )


def _make_item_case() -> None:
    op.create_table(
        "item_case",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("course_id", sa.String(length=64), nullable=False),
        sa.Column("item_id", sa.String(length=200), nullable=False),
        sa.Column("item_hash", sa.String(length=64), nullable=False),
        sa.Column("appeal_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("evidence", sa.String(length=2000), nullable=False),
        sa.Column("opened_by", BIG_ID, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_item_case_organisation_id")),
        sa.ForeignKeyConstraint(["item_hash"], ["item_content.hash"], name=op.f("fk_item_case_item_hash")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_item_case_appeal_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"], name=op.f("fk_item_case_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_case")),
    )
    op.create_index("ix_item_case_organisation_id_item_hash", "item_case", ["organisation_id", "item_hash"])


def _make_case_proposal() -> None:
    op.create_table(
        "case_proposal",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("case_id", BIG_ID, nullable=False),
        sa.Column("policy", sa.String(length=16), nullable=False),
        sa.Column("key", sa.JSON(), nullable=False),
        sa.Column("proposed_by", BIG_ID, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("flips", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_case_proposal_organisation_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["item_case.id"], name=op.f("fk_case_proposal_case_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_case_proposal_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_proposal")),
    )
    op.create_index("ix_case_proposal_organisation_id_case_id", "case_proposal", ["organisation_id", "case_id"])


def _make_case_decision() -> None:
    op.create_table(
        "case_decision",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("case_id", BIG_ID, nullable=False),
        sa.Column("proposal_id", BIG_ID, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meaning", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_case_decision_organisation_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["item_case.id"], name=op.f("fk_case_decision_case_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["case_proposal.id"], name=op.f("fk_case_decision_proposal_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_case_decision_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_decision")),
        sa.UniqueConstraint("organisation_id", "case_id", name=op.f("uq_case_decision_organisation_id_case_id")),
    )


def _make_regrade() -> None:
    op.create_table(
        "regrade",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("attempt_id", BIG_ID, nullable=False),
        sa.Column("case_id", BIG_ID, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_passed", sa.Boolean(), nullable=False),
        sa.Column("was_numerator", sa.BigInteger(), nullable=False),
        sa.Column("was_denominator", sa.BigInteger(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("score_numerator", sa.BigInteger(), nullable=False),
        sa.Column("score_denominator", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_regrade_organisation_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_regrade_attempt_id")),
        sa.ForeignKeyConstraint(["case_id"], ["item_case.id"], name=op.f("fk_regrade_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade")),
        sa.UniqueConstraint(
            "organisation_id", "attempt_id", "case_id", name=op.f("uq_regrade_organisation_id_attempt_id_case_id")
        ),
    )


def _make_regrade_review() -> None:
    op.create_table(
        "regrade_review",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("regrade_id", BIG_ID, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("decided_by", BIG_ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_regrade_review_organisation_id")
        ),
        sa.ForeignKeyConstraint(["regrade_id"], ["regrade.id"], name=op.f("fk_regrade_review_regrade_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_regrade_review_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrade_review")),
        sa.UniqueConstraint("organisation_id", "regrade_id", name=op.f("uq_regrade_review_organisation_id_regrade_id")),
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
    """Going back would lose what was regraded and why: restore a backup instead."""
    raise RuntimeError("0005 does not know regrades; restore a backup instead")
