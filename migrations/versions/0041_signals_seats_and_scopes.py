"""Signs of expansion are logged; a company has its seat's region and its business scope"""

import sqlalchemy as sa
from alembic import op

from crm.core.db import BigId, UTCDateTime

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

HOLDS = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.add_column("enterprises", sa.Column("business_scope", sa.Text()))
    op.add_column("enterprises", sa.Column("region_code", sa.String(6)))
    # Characters 3 to 8 of a credit code are the division that registered it; 100000 is the state's office.
    op.execute(
        "UPDATE enterprises SET region_code = substr(uscc, 3, 6) "
        "WHERE substr(uscc, 3, 2) BETWEEN '11' AND '82'"
    )
    op.create_table(
        "expansion_signals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("enterprise_id", BigId, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "expansion",
                "funding",
                "subsidiary",
                "policy",
                name="signalkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("amount_yuan", sa.BigInteger()),
        sa.Column("by_id", BigId),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime()),
        sa.Column("withdrawn_by_id", BigId),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprises.id"],
            name=op.f("fk_expansion_signals_enterprise_id_enterprises"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_expansion_signals_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"],
            ["users.id"],
            name=op.f("fk_expansion_signals_withdrawn_by_id_users"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expansion_signals")),
    )
    op.create_index("ix_expansion_signals_day", "expansion_signals", ["happened_on", "id"])
    op.create_index(
        "ix_expansion_signals_enterprise", "expansion_signals", ["enterprise_id", "happened_on"]
    )
    op.create_index(
        "uq_expansion_signals_once",
        "expansion_signals",
        ["enterprise_id", "kind", "happened_on", "source"],
        unique=True,
        sqlite_where=HOLDS,
        postgresql_where=HOLDS,
    )


def downgrade() -> None:
    op.drop_table("expansion_signals")
    op.drop_column("enterprises", "region_code")
    op.drop_column("enterprises", "business_scope")
