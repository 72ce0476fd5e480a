"""What the leads of a company say of it is read in indexes"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

LANDED = "stage IN ('REGISTERED', 'STARTED', 'OPERATING')"
PARTLY = (
    (
        "ix_leads_landed_entity",
        f"{LANDED} AND legal_entity_id IS NOT NULL",
        ["legal_entity_id", "segment_id", "stage_since", "id"],
    ),
    (
        "ix_leads_landed_investor",
        f"{LANDED} AND legal_entity_id IS NULL",
        ["investor_id", "segment_id", "stage_since", "id"],
    ),
    (
        "ix_leads_list_enterprise",
        "list_enterprise_id IS NOT NULL",
        ["list_enterprise_id", "stage", "stage_since"],
    ),
    ("ix_leads_referred", "referrer IS NOT NULL", ["investor_id"]),
)
ALONE = {
    "ix_leads_investor_id": ["investor_id"],
    "ix_leads_list_enterprise_id": ["list_enterprise_id"],
}


def upgrade() -> None:
    for name, condition, columns in PARTLY:
        where = sa.text(condition)
        op.create_index(name, "leads", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_leads_investor", "leads", ["investor_id", "stage", "stage_since"])
    for name in ALONE:
        op.drop_index(name, "leads")


def downgrade() -> None:
    for name, columns in ALONE.items():
        op.create_index(name, "leads", columns)
    op.drop_index("ix_leads_investor", "leads")
    for name, _condition, _columns in PARTLY:
        op.drop_index(name, "leads")
