"""Events by kind: who reached an event when is found in an index"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_milestones_kind", "milestones", ["kind", "happened_on", "known_on", "lead_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_milestones_kind", "milestones")
