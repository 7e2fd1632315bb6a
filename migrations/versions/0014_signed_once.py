"""Signed once: a sign-off keeps the mark of the page that it was signed on, so that a page sent twice counts once."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ONCE = "uq_sign_off_page"


def upgrade() -> None:
    op.add_column("sign_off", sa.Column("page", sa.String(32), nullable=True))
    op.create_index(ONCE, "sign_off", ["organisation_id", "evaluator_id", "page"], unique=True)


def downgrade() -> None:
    op.drop_index(ONCE, "sign_off")
    op.drop_column("sign_off", "page")
