"""Suggestions are listed by an index"""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_segment_fits_state", "segment_fits", ["state", "score", "id"])


def downgrade() -> None:
    op.drop_index("ix_segment_fits_state", table_name="segment_fits")
