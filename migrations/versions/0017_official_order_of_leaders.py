"""The place of a leader in the official order"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("position", sa.Integer(), nullable=True))


def downgrade() -> None:
    # Not in a batch, which on SQLite replaces the table that nearly all others refer to.
    op.drop_column("users", "position")
