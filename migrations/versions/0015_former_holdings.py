"""Former holdings: who held a company before, and since when its parent does"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_holdings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "enterprise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("parent_shareholding", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column(
            "recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("recorded_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "from_on IS NULL OR from_on < until_on",
            name=op.f("ck_former_holdings_ends_after_it_began"),
        ),
        sa.CheckConstraint(
            "parent_shareholding IS NULL OR (parent_shareholding > 0 AND parent_shareholding <= 100)",
            name=op.f("ck_former_holdings_shareholding_is_percent"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.id"],
            name=op.f("fk_former_holdings_enterprise_id_enterprises"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["enterprises.id"], name=op.f("fk_former_holdings_parent_id_enterprises")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["users.id"], name=op.f("fk_former_holdings_recorded_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_holdings")),
        sa.UniqueConstraint(
            "enterprise_id", "until_on", name=op.f("uq_former_holdings_enterprise_id_until_on")
        ),
    )
    with op.batch_alter_table("former_holdings", schema=None) as batch_op:
        batch_op.create_index("ix_former_holdings_parent", ["parent_id"], unique=False)

    op.add_column("enterprises", sa.Column("parent_since", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("enterprises", "parent_since")

    with op.batch_alter_table("former_holdings", schema=None) as batch_op:
        batch_op.drop_index("ix_former_holdings_parent")

    op.drop_table("former_holdings")
