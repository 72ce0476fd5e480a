"""Judging by criteria not yet in force; withdrawals"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "criteria_judgings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reached", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("in_force_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_criteria_judgings_quota_id_quotas")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["criteria_versions.id"],
            name=op.f("fk_criteria_judgings_version_id_criteria_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria_judgings")),
        sa.UniqueConstraint(
            "version_id", "quota_id", name=op.f("uq_criteria_judgings_version_id_quota_id")
        ),
    )
    op.create_table(
        "criteria_withdrawals",
        sa.Column(
            "version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("planned_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "withdrawn_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("withdrawn_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["criteria_versions.id"],
            name=op.f("fk_criteria_withdrawals_version_id_criteria_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"],
            ["users.id"],
            name=op.f("fk_criteria_withdrawals_withdrawn_by_id_users"),
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_criteria_withdrawals")),
    )
    op.create_table(
        "staged_verdicts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "judging_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "effect",
            sa.Enum("same", "changed", "gone", name="effect", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("is_flip", sa.Boolean(), nullable=False),
        sa.Column("was", sa.JSON(none_as_null=True), nullable=True),
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
            ["judging_id"],
            ["criteria_judgings.id"],
            name=op.f("fk_staged_verdicts_judging_id_criteria_judgings"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_staged_verdicts_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_staged_verdicts_quota_id_quotas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_verdicts")),
        sa.UniqueConstraint(
            "judging_id", "lead_id", name=op.f("uq_staged_verdicts_judging_id_lead_id")
        ),
    )
    op.create_index(
        "ix_staged_verdicts_flips",
        "staged_verdicts",
        ["judging_id", "lead_id"],
        sqlite_where=sa.text("is_flip = 1"),
        postgresql_where=sa.text("is_flip"),
    )
    op.create_index("ix_staged_verdicts_lead", "staged_verdicts", ["lead_id"])


def downgrade() -> None:
    op.drop_table("staged_verdicts")
    op.drop_table("criteria_judgings")
    # A version taken back has no day; without its withdrawal it would look like a draft. The audit
    # trail keeps what it said.
    op.execute("DELETE FROM criteria_withdrawals")
    op.execute(
        "DELETE FROM criteria_versions WHERE in_force_from IS NULL AND published_at IS NOT NULL"
    )
    op.drop_table("criteria_withdrawals")
