"""Rows of ranking lists: every company an edition prints, and which of ours it may be"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ranking_rows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "edition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("name_zh", sa.String(length=120), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("revenue", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("parent_key", sa.String(length=120), nullable=True),
        sa.Column(
            "previous_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("is_renamed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["ranking_editions.id"],
            name=op.f("fk_ranking_rows_edition_id_ranking_editions"),
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["ranking_rows.id"],
            name=op.f("fk_ranking_rows_previous_id_ranking_rows"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_rows")),
        sa.UniqueConstraint(
            "edition_id", "position", name=op.f("uq_ranking_rows_edition_id_position")
        ),
    )
    with op.batch_alter_table("ranking_rows", schema=None) as batch_op:
        batch_op.create_index("ix_ranking_rows_previous", ["previous_id"], unique=False)

    op.create_table(
        "ranking_proposals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "enterprise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "basis",
            sa.Enum(
                "uscc",
                "name",
                "carried",
                "carried_renamed",
                "alias",
                "english",
                "loose",
                "pinyin",
                "similar",
                name="basis",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column(
            "rejected_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("rejected_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.id"],
            name=op.f("fk_ranking_proposals_enterprise_id_enterprises"),
        ),
        sa.ForeignKeyConstraint(
            ["rejected_by_id"], ["users.id"], name=op.f("fk_ranking_proposals_rejected_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["row_id"], ["ranking_rows.id"], name=op.f("fk_ranking_proposals_row_id_ranking_rows")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_proposals")),
        sa.UniqueConstraint(
            "row_id", "enterprise_id", name=op.f("uq_ranking_proposals_row_id_enterprise_id")
        ),
    )
    with op.batch_alter_table("ranking_proposals", schema=None) as batch_op:
        batch_op.create_index("ix_ranking_proposals_enterprise", ["enterprise_id"], unique=False)

    with op.batch_alter_table("ranking_editions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revenue_unit", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("source_file", sa.String(length=200), nullable=True))
        batch_op.add_column(
            sa.Column(
                "imported_by_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column("imported_at", crm.core.db.UTCDateTime(timezone=True), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_ranking_editions_imported_by_id_users"),
            "users",
            ["imported_by_id"],
            ["id"],
        )

    with op.batch_alter_table("ranking_entries", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_unique_constraint(batch_op.f("uq_ranking_entries_row_id"), ["row_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_ranking_entries_row_id_ranking_rows"), "ranking_rows", ["row_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("ranking_entries", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_ranking_entries_row_id_ranking_rows"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("uq_ranking_entries_row_id"), type_="unique")
        batch_op.drop_column("row_id")

    with op.batch_alter_table("ranking_editions", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_ranking_editions_imported_by_id_users"), type_="foreignkey"
        )
        batch_op.drop_column("imported_at")
        batch_op.drop_column("imported_by_id")
        batch_op.drop_column("source_file")
        batch_op.drop_column("revenue_unit")

    with op.batch_alter_table("ranking_proposals", schema=None) as batch_op:
        batch_op.drop_index("ix_ranking_proposals_enterprise")

    op.drop_table("ranking_proposals")
    with op.batch_alter_table("ranking_rows", schema=None) as batch_op:
        batch_op.drop_index("ix_ranking_rows_previous")

    op.drop_table("ranking_rows")
