"""Divided targets, figures of the year before, ranking switch"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_divisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "among",
            sa.Enum("department", "sponsor", name="among", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("document_number", sa.String(length=100), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_divisions")),
        sa.UniqueConstraint("year", "among", name=op.f("uq_quota_divisions_year_among")),
    )
    op.create_table(
        "ranking_switches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_switches")),
        sa.UniqueConstraint("year", name=op.f("uq_ranking_switches_year")),
    )
    op.create_table(
        "past_figures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "signed", "registered", "started", name="countedevent", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(length=120), nullable=False),
        sa.Column(
            "recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("recorded_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_past_figures_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_past_figures_quota_id_quotas")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["users.id"], name=op.f("fk_past_figures_recorded_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_figures")),
        sa.UniqueConstraint(
            "quota_id",
            "event",
            "department_id",
            "month",
            name=op.f("uq_past_figures_quota_id_event_department_id_month"),
        ),
    )
    with op.batch_alter_table("past_figures", schema=None) as batch_op:
        batch_op.create_index(
            "uq_past_figures_district",
            ["quota_id", "event", "month"],
            unique=True,
            sqlite_where=sa.text("department_id IS NULL"),
            postgresql_where=sa.text("department_id IS NULL"),
        )

    op.create_table(
        "quota_shares",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "sponsor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(department_id IS NULL) <> (sponsor_id IS NULL)",
            name=op.f("ck_quota_shares_one_holder"),
        ),
        sa.CheckConstraint("target > 0", name=op.f("ck_quota_shares_target_is_positive")),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_quota_shares_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_quota_shares_quota_id_quotas")
        ),
        sa.ForeignKeyConstraint(
            ["sponsor_id"], ["users.id"], name=op.f("fk_quota_shares_sponsor_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_shares")),
        sa.UniqueConstraint(
            "quota_id", "department_id", name=op.f("uq_quota_shares_quota_id_department_id")
        ),
        sa.UniqueConstraint(
            "quota_id", "sponsor_id", name=op.f("uq_quota_shares_quota_id_sponsor_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("quota_shares")
    with op.batch_alter_table("past_figures", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_past_figures_district",
            sqlite_where=sa.text("department_id IS NULL"),
            postgresql_where=sa.text("department_id IS NULL"),
        )

    op.drop_table("past_figures")
    op.drop_table("ranking_switches")
    op.drop_table("quota_divisions")
