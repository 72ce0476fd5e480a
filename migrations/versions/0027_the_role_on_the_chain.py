"""The role of a project on its chain"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ROLE = sa.Enum(
    "anchor",
    "supplier",
    "research",
    "services",
    name="chainrole",
    native_enum=False,
    length=32,
)


def upgrade() -> None:
    op.add_column("leads", sa.Column("chain_role", ROLE, nullable=True))


def downgrade() -> None:
    op.drop_column("leads", "chain_role")
