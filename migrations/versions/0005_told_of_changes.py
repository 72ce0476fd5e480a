"""Told of changes: what a bureau leader changed for an owner is found in an index"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "ix_audit_events_on_behalf"


def upgrade() -> None:
    where = sa.text("note = '代改'")
    op.create_index(
        NAME, "audit_events", ["lead_id", "at"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    op.drop_index(NAME, "audit_events")
