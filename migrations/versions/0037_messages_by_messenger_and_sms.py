"""Messages reach a person by messenger or SMS too; a group's list has a language"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("mobile", sa.String(length=11)))
        batch_op.add_column(sa.Column("messenger_id", sa.String(length=64)))
        batch_op.add_column(
            sa.Column("way", sa.String(length=32), server_default="mail", nullable=False)
        )
    with op.batch_alter_table("reminder_preferences") as batch_op:
        batch_op.add_column(sa.Column("way", sa.String(length=32)))
    with op.batch_alter_table("channel_endpoints") as batch_op:
        batch_op.add_column(
            sa.Column("locale", sa.String(length=5), server_default="zh", nullable=False)
        )


def downgrade() -> None:
    # What the version before knows of gateways; switched off, for it would send them lists of units.
    op.execute(
        "UPDATE channel_endpoints SET channel = 'webhook', is_on = false"
        " WHERE channel IN ('messenger', 'sms')"
    )
    op.execute("UPDATE deliveries SET channel = 'webhook' WHERE channel IN ('messenger', 'sms')")
    with op.batch_alter_table("channel_endpoints") as batch_op:
        batch_op.drop_column("locale")
    with op.batch_alter_table("reminder_preferences") as batch_op:
        batch_op.drop_column("way")
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("way")
        batch_op.drop_column("messenger_id")
        batch_op.drop_column("mobile")
