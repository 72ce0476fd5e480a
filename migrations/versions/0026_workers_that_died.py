"""Workers that died of a message, and how many a minute a server takes"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("deaths", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_table(
        "mail_paces",
        sa.Column("server", sa.String(200), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_mail_paces")),
    )


def downgrade() -> None:
    op.drop_table("mail_paces")
    op.drop_column("deliveries", "deaths")
