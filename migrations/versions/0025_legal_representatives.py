"""Legal representatives of companies"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enterprises", sa.Column("legal_representative", sa.String(60)))


def downgrade() -> None:
    op.drop_column("enterprises", "legal_representative")
