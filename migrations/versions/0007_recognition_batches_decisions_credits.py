"""Recognition batches decisions credits"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("exclusive_group", sa.String(length=30), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "published_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("published_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["users.id"], name=op.f("fk_assignments_published_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assignments_year", ["year", "exclusive_group", "id"], unique=False
        )

    op.create_table(
        "recognition_batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "at_level",
            sa.Enum("unit", "district", "city", name="level", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("document_number", sa.String(length=60), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("opinions", sa.Text(), nullable=True),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("closed_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column(
            "closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["users.id"], name=op.f("fk_recognition_batches_closed_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_recognition_batches_created_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_batches")),
    )
    with op.batch_alter_table("recognition_batches", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recognition_batches_year", ["year", "decided_on", "id"], unique=False
        )

    op.create_table(
        "assignment_locks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("exclusive_group", sa.String(length=30), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_assignment_locks_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_assignment_locks_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_assignment_locks_quota_id_quotas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_locks")),
    )
    with op.batch_alter_table("assignment_locks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assignment_locks_year", ["year", "exclusive_group", "lead_id", "id"], unique=False
        )

    op.create_table(
        "assignment_places",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "assignment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_assignment_places_assignment_id_assignments"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_assignment_places_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_assignment_places_quota_id_quotas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_places")),
        sa.UniqueConstraint(
            "assignment_id", "lead_id", name=op.f("uq_assignment_places_assignment_id_lead_id")
        ),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "at_level",
            sa.Enum("unit", "district", "city", name="level", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "decided",
            sa.Enum(
                "proposed",
                "approved",
                "returned",
                "not_counted",
                name="decided",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome_then",
            sa.Enum("counts", "pending", "no", name="outcome", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("sides_then", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "at_level = 'unit' OR batch_id IS NOT NULL", name=op.f("ck_decisions_has_batch")
        ),
        sa.CheckConstraint(
            "decided <> 'proposed' OR at_level = 'unit'", name=op.f("ck_decisions_units_propose")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["recognition_batches.id"],
            name=op.f("fk_decisions_batch_id_recognition_batches"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_decisions_by_id_users")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_decisions_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_decisions_quota_id_quotas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("ix_decisions_batch", ["batch_id", "id"], unique=False)
        batch_op.create_index("ix_decisions_lead", ["lead_id", "id"], unique=False)
        batch_op.create_index(
            "ix_decisions_said", ["quota_id", "at_level", "lead_id", "id"], unique=False
        )

    op.create_table(
        "suspect_rulings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "second_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "ruling",
            sa.Enum("distinct", "linked", name="ruling", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_suspect_rulings_in_order")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_suspect_rulings_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["leads.id"], name=op.f("fk_suspect_rulings_first_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["leads.id"], name=op.f("fk_suspect_rulings_second_id_leads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspect_rulings")),
    )
    with op.batch_alter_table("suspect_rulings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_suspect_rulings_pair", ["first_id", "second_id", "id"], unique=False
        )

    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "decision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("accepted", "rejected", name="answer", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("answer_reason", sa.Text(), nullable=True),
        sa.Column(
            "answered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("answered_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["users.id"], name=op.f("fk_appeals_answered_by_id_users")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_appeals_by_id_users")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_appeals_decision_id_decisions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeals_decision_id")),
    )
    op.create_table(
        "credits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("exclusive_group", sa.String(length=30), nullable=True),
        sa.Column(
            "at_level",
            sa.Enum("unit", "district", "city", name="level", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "decision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_credits_decision_id_decisions")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_credits_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quotas.id"], name=op.f("fk_credits_quota_id_quotas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
        sa.UniqueConstraint(
            "lead_id", "quota_id", "at_level", name=op.f("uq_credits_lead_id_quota_id_at_level")
        ),
    )
    with op.batch_alter_table("credits", schema=None) as batch_op:
        batch_op.create_index("ix_credits_quota", ["quota_id", "at_level", "lead_id"], unique=False)
        batch_op.create_index(
            "uq_credits_exclusive",
            ["lead_id", "year", "exclusive_group", "at_level"],
            unique=True,
            sqlite_where=sa.text("exclusive_group IS NOT NULL"),
            postgresql_where=sa.text("exclusive_group IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("credits", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_credits_exclusive",
            sqlite_where=sa.text("exclusive_group IS NOT NULL"),
            postgresql_where=sa.text("exclusive_group IS NOT NULL"),
        )
        batch_op.drop_index("ix_credits_quota")

    op.drop_table("credits")
    op.drop_table("appeals")
    with op.batch_alter_table("suspect_rulings", schema=None) as batch_op:
        batch_op.drop_index("ix_suspect_rulings_pair")

    op.drop_table("suspect_rulings")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_decisions_said")
        batch_op.drop_index("ix_decisions_lead")
        batch_op.drop_index("ix_decisions_batch")

    op.drop_table("decisions")
    op.drop_table("assignment_places")
    with op.batch_alter_table("assignment_locks", schema=None) as batch_op:
        batch_op.drop_index("ix_assignment_locks_year")

    op.drop_table("assignment_locks")
    with op.batch_alter_table("recognition_batches", schema=None) as batch_op:
        batch_op.drop_index("ix_recognition_batches_year")

    op.drop_table("recognition_batches")
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.drop_index("ix_assignments_year")

    op.drop_table("assignments")
