"""Superseded verdicts: what each verdict said before, and quotas that are frozen"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "superseded_verdicts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("judged_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("counts", "pending", "no", name="outcome", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("branch", sa.Integer(), nullable=True),
        sa.Column("lacks_yuan", sa.BigInteger(), nullable=True),
        sa.Column("is_near_miss", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("signed_from", sa.Date(), nullable=True),
        sa.Column("registered_from", sa.Date(), nullable=True),
        sa.Column("started_from", sa.Date(), nullable=True),
        sa.Column("is_signed_pending", sa.Boolean(), nullable=False),
        sa.Column("is_registered_pending", sa.Boolean(), nullable=False),
        sa.Column("is_started_pending", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_superseded_verdicts_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_superseded_verdicts_quota_id_quotas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_superseded_verdicts")),
    )
    with op.batch_alter_table("superseded_verdicts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_superseded_verdicts_lead", ["lead_id", "replaced_at"], unique=False
        )
        batch_op.create_index(
            "ix_superseded_verdicts_quota", ["quota_id", "replaced_at"], unique=False
        )

    with op.batch_alter_table("quotas", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("frozen_at", crm.core.db.UTCDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    # Not in a batch, which on SQLite replaces the table that verdicts refer to.
    op.drop_column("quotas", "frozen_at")

    with op.batch_alter_table("superseded_verdicts", schema=None) as batch_op:
        batch_op.drop_index("ix_superseded_verdicts_quota")
        batch_op.drop_index("ix_superseded_verdicts_lead")

    op.drop_table("superseded_verdicts")
