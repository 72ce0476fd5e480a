"""Units at work: what the home of a unit's head shows is found and counted in an index"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IN_TALKS = "stage IN ('CONTACTED', 'NEGOTIATING', 'REVIEWED', 'PRE_SIGNING')"
NO_NEXT = (
    "next_action_on IS NULL AND stage IN ('LEAD', 'CONTACTED', 'NEGOTIATING', 'REVIEWED', "
    "'PRE_SIGNING', 'SIGNED', 'REGISTERED', 'STARTED')"
)
OPEN = (
    "stage IN ('LEAD', 'CONTACTED', 'NEGOTIATING', 'REVIEWED', 'PRE_SIGNING', 'SIGNED', "
    "'REGISTERED', 'STARTED', 'OPERATING', 'PARKED')"
)
SEEN = ["id", "is_sensitive", "owner_id"]
INDEXES = (
    ("ix_leads_unit_quiet", IN_TALKS, ["department_id", "last_progress_on", *SEEN]),
    ("ix_leads_unit_no_next", NO_NEXT, ["department_id", "last_progress_on", *SEEN]),
    ("ix_leads_unit_due", OPEN, ["department_id", "next_action_on", *SEEN]),
    ("ix_leads_unit_pipeline", OPEN, ["department_id", "stage", "investment_yuan", *SEEN]),
)


def upgrade() -> None:
    for name, condition, columns in INDEXES:
        where = sa.text(condition)
        op.create_index(name, "leads", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, _condition, _columns in INDEXES:
        op.drop_index(name, "leads")
