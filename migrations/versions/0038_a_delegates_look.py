"""A reminder keeps apart when its person and when their delegate saw it"""

import sqlalchemy as sa
from alembic import op

from crm.core.db import UTCDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reminders") as table:
        table.add_column(sa.Column("delegate_seen_at", UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("reminders") as table:
        table.drop_column("delegate_seen_at")
