"""Leads sure or hoped for are counted in the index of expected signings alone"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

EXPECTED = sa.text(
    "stage IN ('CONTACTED', 'NEGOTIATING', 'REVIEWED', 'PRE_SIGNING') "
    "AND expected_sign_on IS NOT NULL"
)
BOOKED = [
    "stage", "signing_slips", "signing_slip_days", "confidence", "confidence_on", "is_sensitive",
]  # fmt: skip


def upgrade() -> None:
    _index(["expected_sign_on", "id", *BOOKED])


def downgrade() -> None:
    _index(["expected_sign_on", "id"])


def _index(columns: list[str]) -> None:
    op.drop_index("ix_leads_expected", "leads")
    op.create_index(
        "ix_leads_expected", "leads", columns,
        sqlite_where=EXPECTED, postgresql_where=EXPECTED,
    )  # fmt: skip
