"""Only reminders that a message has told stand in the index of messages"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TOLD = sa.text("delivery_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_reminders_delivery_id", "reminders")
    op.create_index(
        "ix_reminders_delivery_id",
        "reminders",
        ["delivery_id"],
        sqlite_where=TOLD,
        postgresql_where=TOLD,
    )


def downgrade() -> None:
    op.drop_index("ix_reminders_delivery_id", "reminders")
    op.create_index("ix_reminders_delivery_id", "reminders", ["delivery_id"])
