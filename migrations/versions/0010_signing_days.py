"""Signing days: every change of an expected signing day, and when a confidence was stated"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_day_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("before", sa.Date(), nullable=True),
        sa.Column("after", sa.Date(), nullable=True),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "person", "milestones", "import", name="stagesource", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_signing_day_changes_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_signing_day_changes_lead_id_leads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_day_changes")),
    )
    with op.batch_alter_table("signing_day_changes", schema=None) as batch_op:
        batch_op.create_index("ix_signing_day_changes_lead", ["lead_id", "id"], unique=False)

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("signing_slips", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("signing_slip_days", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("confidence_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.drop_column("confidence_on")
        batch_op.drop_column("signing_slip_days")
        batch_op.drop_column("signing_slips")

    with op.batch_alter_table("signing_day_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_signing_day_changes_lead")

    op.drop_table("signing_day_changes")
