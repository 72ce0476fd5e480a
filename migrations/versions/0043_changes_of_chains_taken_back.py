"""Changes of chains can be taken back; a link has a version"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("leads", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("undone_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column(
            "undone_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_chain_changes_by_id_users")),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["users.id"], name=op.f("fk_chain_changes_undone_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_changes")),
    )
    op.create_table(
        "changed_chains",
        sa.Column(
            "change_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("chain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["chains.id"], name=op.f("fk_changed_chains_chain_id_chains")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["chain_changes.id"],
            name=op.f("fk_changed_chains_change_id_chain_changes"),
        ),
        sa.PrimaryKeyConstraint("change_id", "chain_id", name=op.f("pk_changed_chains")),
    )
    with op.batch_alter_table("changed_chains", schema=None) as batch_op:
        batch_op.create_index("ix_changed_chains_chain", ["chain_id", "change_id"], unique=False)

    with op.batch_alter_table("segment_links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.alter_column("version", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("segment_links", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("changed_chains", schema=None) as batch_op:
        batch_op.drop_index("ix_changed_chains_chain")

    op.drop_table("changed_chains")
    op.drop_table("chain_changes")
