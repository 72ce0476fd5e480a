"""How far the past was told: nothing is recorded any more as known before that moment"""

import sqlalchemy as sa
from alembic import op

import crm.core.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_told",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_past_told_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_told")),
    )


def downgrade() -> None:
    op.drop_table("past_told")
