"""Milestones are counted by month and chain without reading the leads"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_leads_events", "leads", ["id", "path", "chain_id", "chain_role", "land_mu"])


def downgrade() -> None:
    op.drop_index("ix_leads_events", "leads")
