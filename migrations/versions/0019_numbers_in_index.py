"""A year's numbers of signed leads are counted in an index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = ["quota_id", "signed_from", "lead_id"]
MORE = [
    "registered_from",
    "started_from",
    "is_signed_pending",
    "is_registered_pending",
    "is_started_pending",
]


def upgrade() -> None:
    _replace([*COLUMNS, *MORE])


def downgrade() -> None:
    _replace(COLUMNS)


def _replace(columns: list[str]) -> None:
    signed = sa.text("signed_from IS NOT NULL")
    op.drop_index("ix_verdicts_signed", "verdicts")
    op.create_index(
        "ix_verdicts_signed", "verdicts", columns, sqlite_where=signed, postgresql_where=signed
    )
