"""Moved between quotas: of 改计, where the project went or where it came from"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("decisions") as batch_op:
        batch_op.add_column(
            sa.Column(
                "other_quota_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_decisions_other_quota_id_quotas"), "quotas", ["other_quota_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_decisions_moved_somewhere"),
            "decided <> 'moved' OR other_quota_id IS NOT NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("decisions") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_decisions_moved_somewhere"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("fk_decisions_other_quota_id_quotas"), type_="foreignkey"
        )
        batch_op.drop_column("other_quota_id")
