"""Instructions (交办单) with their trail, and dispatch meetings (调度会)"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=60)),
        sa.Column("chair_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "recorder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("attendees", sa.Text()),
        sa.Column("closed_at", crm.core.db.UTCDateTime(timezone=True)),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("changed_at", crm.core.db.UTCDateTime(timezone=True)),
        sa.Column("changed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chair_id"], ["users.id"], name=op.f("fk_meetings_chair_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["users.id"], name=op.f("fk_meetings_changed_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["users.id"], name=op.f("fk_meetings_closed_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_meetings_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["users.id"], name=op.f("fk_meetings_recorder_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index("ix_meetings_day", "meetings", ["held_on", "id"])

    op.create_table(
        "instructions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=500), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column(
            "department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "leader_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "issued_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("next_step", sa.String(length=300)),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "replied",
                "closed",
                "withdrawn",
                name="instructionstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("replied_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("due_on >= issued_on", name=op.f("ck_instructions_due_after_issue")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_instructions_progress")),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_instructions_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["users.id"], name=op.f("fk_instructions_issued_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_instructions_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["users.id"], name=op.f("fk_instructions_leader_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_instructions_meeting_id_meetings")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_instructions_person_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructions")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_instructions_year_number")),
    )
    op.create_index("ix_instructions_due", "instructions", ["due_on", "id"])
    op.create_index(op.f("ix_instructions_issued_by_id"), "instructions", ["issued_by_id"])
    op.create_index(op.f("ix_instructions_lead_id"), "instructions", ["lead_id"])
    op.create_index(op.f("ix_instructions_leader_id"), "instructions", ["leader_id"])
    op.create_index(op.f("ix_instructions_meeting_id"), "instructions", ["meeting_id"])
    op.create_index("ix_instructions_person", "instructions", ["person_id", "state"])
    op.create_index("ix_instructions_state", "instructions", ["state", "due_on"])
    op.create_index("ix_instructions_unit", "instructions", ["department_id", "state"])

    op.create_table(
        "instruction_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "instruction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "issued",
                "progress",
                "reply",
                "extended",
                "reassigned",
                "closed",
                "returned",
                "reopened",
                "withdrawn",
                name="entrykind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_behalf_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.String(length=1000)),
        sa.Column("progress", sa.Integer()),
        sa.Column("old_due_on", sa.Date()),
        sa.Column("new_due_on", sa.Date()),
        sa.Column("old_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("new_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_instruction_entries_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["instruction_id"],
            ["instructions.id"],
            name=op.f("fk_instruction_entries_instruction_id_instructions"),
        ),
        sa.ForeignKeyConstraint(
            ["new_person_id"], ["users.id"], name=op.f("fk_instruction_entries_new_person_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["old_person_id"], ["users.id"], name=op.f("fk_instruction_entries_old_person_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["on_behalf_of_id"],
            ["users.id"],
            name=op.f("fk_instruction_entries_on_behalf_of_id_users"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruction_entries")),
    )
    op.create_index("ix_instruction_entries_trail", "instruction_entries", ["instruction_id", "id"])

    op.create_table(
        "meeting_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200)),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("instruction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"],
            ["instructions.id"],
            name=op.f("fk_meeting_items_instruction_id_instructions"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_meeting_items_lead_id_leads")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_items_meeting_id_meetings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_items")),
    )
    op.create_index(op.f("ix_meeting_items_instruction_id"), "meeting_items", ["instruction_id"])
    op.create_index(op.f("ix_meeting_items_lead_id"), "meeting_items", ["lead_id"])
    op.create_index("ix_meeting_items_meeting", "meeting_items", ["meeting_id", "position", "id"])

    op.create_table(
        "meeting_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=500), nullable=False),
        sa.Column("instruction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column(
            "written_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("written_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"],
            ["instructions.id"],
            name=op.f("fk_meeting_lines_instruction_id_instructions"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["meeting_items.id"], name=op.f("fk_meeting_lines_item_id_meeting_items")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_lines_meeting_id_meetings")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["users.id"], name=op.f("fk_meeting_lines_written_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_lines")),
    )
    op.create_index(op.f("ix_meeting_lines_instruction_id"), "meeting_lines", ["instruction_id"])
    op.create_index(op.f("ix_meeting_lines_item_id"), "meeting_lines", ["item_id"])
    op.create_index("ix_meeting_lines_meeting", "meeting_lines", ["meeting_id", "position", "id"])


def downgrade() -> None:
    op.drop_table("meeting_lines")
    op.drop_table("meeting_items")
    op.drop_table("instruction_entries")
    op.drop_table("instructions")
    op.drop_table("meetings")
