"""Leads are counted by segment in an index"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_leads_segment", "leads", ["segment_id", "stage", "chain_id", "is_sensitive"]
    )
    op.drop_index("ix_leads_segment_id", table_name="leads")


def downgrade() -> None:
    op.create_index("ix_leads_segment_id", "leads", ["segment_id"])
    op.drop_index("ix_leads_segment", table_name="leads")
