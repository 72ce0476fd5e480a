"""The three books are counted in two indexes, without reading leads and verdicts"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

IN_TALKS = sa.text("stage IN ('CONTACTED', 'NEGOTIATING', 'REVIEWED', 'PRE_SIGNING')")


def upgrade() -> None:
    op.create_index(
        "ix_leads_books",
        "leads",
        [
            "id", "stage", "expected_sign_on", "signing_slips", "signing_slip_days", "confidence",
            "confidence_on", "is_sensitive",
        ],
        sqlite_where=IN_TALKS, postgresql_where=IN_TALKS,
    )  # fmt: skip
    op.create_index(
        "ix_verdicts_could_count",
        "verdicts",
        ["lead_id", "quota_id", "verdict"],
        sqlite_where=sa.text("verdict <> 'no' OR is_near_miss = 1"),
        postgresql_where=sa.text("verdict <> 'no' OR is_near_miss"),
    )


def downgrade() -> None:
    op.drop_index("ix_verdicts_could_count", "verdicts")
    op.drop_index("ix_leads_books", "leads")
