"""Clinics have devices: who may treat what is asked of those that stand there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "clinic_device",
        sa.Column("organisation_id", BIG_ID, nullable=False),
        sa.Column("clinic_id", BIG_ID, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_clinic_device_clinic_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_clinic_device_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "clinic_id", "device", name=op.f("pk_clinic_device")),
    )


def downgrade() -> None:
    op.drop_table("clinic_device")
