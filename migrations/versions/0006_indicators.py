"""Indicators: owner, rounding and curve of 应达, nodes, reported figures, the year's other figures"""

import sqlalchemy as sa
from alembic import op

from crm.core.db import BigId, UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What has been told of a year keeps its straight line; years loaded from now on get the curve.
    op.add_column(
        "quotas", sa.Column("rounding", sa.String(32), nullable=False, server_default="half_up")
    )
    op.add_column(
        "quotas", sa.Column("curve", sa.String(32), nullable=False, server_default="straight")
    )
    op.add_column("quotas", sa.Column("field", sa.String(40)))
    op.add_column("quotas", sa.Column("chain_codes", sa.JSON()))
    op.add_column("quotas", sa.Column("role", sa.String(30)))
    op.add_column("quotas", sa.Column("named", sa.JSON()))
    op.create_table(
        "quota_owners",
        sa.Column(
            "quota_id", BigId, sa.ForeignKey("quotas.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("department_id", BigId, sa.ForeignKey("departments.id"), nullable=False),
    )
    op.create_table(
        "quota_nodes",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("quota_id", BigId, sa.ForeignKey("quotas.id"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("quota_id", "due_on"),
    )
    op.create_table(
        "reported_figures",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("quota_id", BigId, sa.ForeignKey("quotas.id"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("value", sa.Numeric(18, 2), nullable=False),
        sa.Column("stated_text", sa.String(60), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("document", sa.String(120), nullable=False),
        sa.Column("last_year_value", sa.Numeric(18, 2)),
        sa.Column("last_year_text", sa.String(60)),
        sa.Column("note", sa.String(200)),
        sa.Column("recorded_by_id", BigId, sa.ForeignKey("users.id")),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("quota_id", "month", "number"),
    )
    op.create_table(
        "year_figures",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("zone", sa.String(60)),
        sa.Column("of_year", sa.Integer()),
        sa.Column("count", sa.BigInteger()),
        sa.Column("amount", sa.BigInteger()),
        sa.Column("unit", sa.String(12)),
        sa.Column("percent", sa.Numeric(6, 2)),
        sa.Column("modality", sa.String(32)),
        sa.Column("named", sa.JSON()),
        sa.UniqueConstraint("year", "section", "position"),
    )


def downgrade() -> None:
    for table in ("year_figures", "reported_figures", "quota_nodes", "quota_owners"):
        op.drop_table(table)
    for column in ("named", "role", "chain_codes", "field", "curve", "rounding"):
        op.drop_column("quotas", column)
