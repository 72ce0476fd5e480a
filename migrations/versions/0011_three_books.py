"""The three books: what people decided about a lead's book"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_moves",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "from_book",
            sa.Enum("certain", "strive", "reserve", name="book", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "book",
            sa.Enum("certain", "strive", "reserve", name="book", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column(
            "proposed",
            sa.Enum("certain", "strive", "reserve", name="book", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_book_moves_by_id_users")),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_book_moves_lead_id_leads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_moves")),
    )
    with op.batch_alter_table("book_moves", schema=None) as batch_op:
        batch_op.create_index("ix_book_moves_lead", ["year", "lead_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_book_moves_lead_id"), ["lead_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("book_moves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_book_moves_lead_id"))
        batch_op.drop_index("ix_book_moves_lead")

    op.drop_table("book_moves")
