"""The English names of cluster areas"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("zones", sa.Column("name_en", sa.String(120), nullable=True))


def downgrade() -> None:
    op.drop_column("zones", "name_en")
