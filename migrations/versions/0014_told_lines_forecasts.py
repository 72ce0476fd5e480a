"""Told lines, signing ceremonies and the archive of forecasts"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecast_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("week_of", sa.Date(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("p_all", sa.Double(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_runs")),
        sa.UniqueConstraint("year", "week_of", name=op.f("uq_forecast_runs_year_week_of")),
    )
    op.create_table(
        "forecast_quotas",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("certain", sa.Integer(), nullable=False),
        sa.Column("p_meet", sa.Double(), nullable=True),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("unknown_low", sa.Integer(), nullable=False),
        sa.Column("unknown_high", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["forecast_runs.id"], name=op.f("fk_forecast_quotas_run_id_forecast_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_quotas")),
        sa.UniqueConstraint("run_id", "code", name=op.f("uq_forecast_quotas_run_id_code")),
    )
    op.create_table(
        "signing_ceremonies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("slip_percent", sa.Integer(), nullable=False),
        sa.Column("slip_days", sa.Integer(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "slip_percent >= 0 AND slip_percent <= 100",
            name=op.f("ck_signing_ceremonies_slip_percent"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_signing_ceremonies_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_ceremonies")),
    )
    with op.batch_alter_table("signing_ceremonies", schema=None) as batch_op:
        batch_op.create_index("ix_signing_ceremonies_held", ["held_on", "id"], unique=False)

    op.create_table(
        "told_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("told_to", sa.String(length=120), nullable=False),
        sa.Column("occasion", sa.String(length=120), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_told_lines_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_lines")),
    )
    with op.batch_alter_table("told_lines", schema=None) as batch_op:
        batch_op.create_index("ix_told_lines_year", ["year", "id"], unique=False)

    op.create_table(
        "ceremony_leads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ceremony_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ceremony_id"],
            ["signing_ceremonies.id"],
            name=op.f("fk_ceremony_leads_ceremony_id_signing_ceremonies"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_ceremony_leads_lead_id_leads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ceremony_leads")),
        sa.UniqueConstraint("lead_id", name=op.f("uq_ceremony_leads_lead_id")),
    )
    with op.batch_alter_table("ceremony_leads", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ceremony_leads_ceremony_id"), ["ceremony_id"], unique=False
        )

    op.create_table(
        "forecast_chances",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("p", sa.Double(), nullable=True),
        sa.Column("within_30", sa.Double(), nullable=True),
        sa.Column("within_60", sa.Double(), nullable=True),
        sa.Column("within_90", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_forecast_chances_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["forecast_runs.id"], name=op.f("fk_forecast_chances_run_id_forecast_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_chances")),
        sa.UniqueConstraint(
            "run_id", "code", "lead_id", name=op.f("uq_forecast_chances_run_id_code_lead_id")
        ),
    )
    with op.batch_alter_table("forecast_chances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_forecast_chances_lead_id"), ["lead_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("forecast_chances", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_forecast_chances_lead_id"))

    op.drop_table("forecast_chances")
    with op.batch_alter_table("ceremony_leads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ceremony_leads_ceremony_id"))

    op.drop_table("ceremony_leads")
    with op.batch_alter_table("told_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_told_lines_year")

    op.drop_table("told_lines")
    with op.batch_alter_table("signing_ceremonies", schema=None) as batch_op:
        batch_op.drop_index("ix_signing_ceremonies_held")

    op.drop_table("signing_ceremonies")
    op.drop_table("forecast_quotas")
    op.drop_table("forecast_runs")
