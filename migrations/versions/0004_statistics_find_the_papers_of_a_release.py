"""Statistics read the attempts of a release, and find them by it."""

from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the attempts of an organisation by their release."""
    op.create_index("ix_attempt_organisation_id_release_id", "attempt", ["organisation_id", "release_id"])


def downgrade() -> None:
    """Drop the index again."""
    op.drop_index("ix_attempt_organisation_id_release_id", "attempt")
