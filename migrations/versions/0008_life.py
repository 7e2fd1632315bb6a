"""A life by cells: a reinstatement can name the one suspension that it lifts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _add_link("certification_event", "lifts_id", "certification_event")


def _add_link(table: str, column: str, other: str) -> None:
    """Add a column that refers to a table in place: SQLite would make the table anew, without its triggers."""
    name = op.f(f"fk_{table}_{column}")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {other} (id)")
        return
    op.add_column(table, sa.Column(column, BIG_ID, nullable=True))
    op.create_foreign_key(name, table, other, [column], ["id"])


def downgrade() -> None:
    """Going back would lose which suspension was lifted: restore a backup instead."""
    raise RuntimeError("0007 does not know suspensions of cells; restore a backup instead")
