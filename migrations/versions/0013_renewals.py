"""Renewals: a lesson is read again in the edition in which it was read before, and both readings are kept."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = ["organisation_id", "account_id", "release_id", "lesson_id", "completed_at"]
ONCE = "uq_lesson_completion_organisation_id_account_id_release_id_lesson_id"


def upgrade() -> None:
    with op.batch_alter_table("lesson_completion") as table:
        table.drop_constraint(op.f(ONCE), type_="unique")
        table.create_unique_constraint("uq_lesson_completion_reading", KEY)


def downgrade() -> None:
    """Going back would lose that a lesson was read again: restore a backup instead."""
    raise RuntimeError("0012 does not know that a lesson is read again; restore a backup instead")
