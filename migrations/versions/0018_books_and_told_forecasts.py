"""The leads with an expected signing day are found in an index; a kept forecast says who moves it"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

EXPECTED = sa.text(
    "stage IN ('CONTACTED', 'NEGOTIATING', 'REVIEWED', 'PRE_SIGNING') "
    "AND expected_sign_on IS NOT NULL"
)


def upgrade() -> None:
    op.create_index(
        "ix_leads_expected", "leads", ["expected_sign_on", "id"],
        sqlite_where=EXPECTED, postgresql_where=EXPECTED,
    )  # fmt: skip
    op.add_column("forecast_quotas", sa.Column("told", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("forecast_quotas", "told")
    op.drop_index("ix_leads_expected", "leads")
