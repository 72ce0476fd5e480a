"""The mail in place of a failed message is found without reading every message"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deliveries_instead_of_id", "deliveries", ["instead_of_id"])


def downgrade() -> None:
    op.drop_index("ix_deliveries_instead_of_id", "deliveries")
