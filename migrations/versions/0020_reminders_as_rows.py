"""Reminders as rows"""

import sqlalchemy as sa
from alembic import op

import crm.core.db


revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("until", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "reminder_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "next_action",
                "first_response",
                "screening",
                "referrer_feedback",
                "quiet",
                "not_registered",
                "not_started",
                "expected_signing",
                "expected_landing",
                "evidence",
                "quota_behind",
                "trip_report",
                "agreed_date",
                "instruction",
                name="reminderkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("scope_key", sa.String(length=80), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "LEAD",
                "CONTACTED",
                "NEGOTIATING",
                "REVIEWED",
                "PRE_SIGNING",
                "SIGNED",
                "REGISTERED",
                "STARTED",
                "OPERATING",
                "PARKED",
                "LOST",
                "TRANSFERRED",
                name="stage",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("is_headquarters", sa.Boolean(), nullable=True),
        sa.Column("at_least_yuan", sa.BigInteger(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.String(length=120), nullable=False),
        sa.Column("in_working_days", sa.Boolean(), nullable=False),
        sa.Column("to_unit_head_after", sa.Integer(), nullable=True),
        sa.Column("to_director_after", sa.Integer(), nullable=True),
        sa.Column(
            "timing",
            sa.Enum(
                "at_once", "daily", "weekly", "off", name="timing", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("may_be_off", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_settings")),
        sa.UniqueConstraint("kind", "scope_key", name=op.f("uq_reminder_settings_kind_scope_key")),
    )
    op.create_table(
        "channel_endpoints",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "mail",
                "wecom",
                "dingtalk",
                "feishu",
                "webhook",
                name="channel",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=True),
        sa.Column(
            "department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_channel_endpoints_department_id_departments"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_endpoints")),
        sa.UniqueConstraint("name", name=op.f("uq_channel_endpoints_name")),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "delegate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=120), nullable=True),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["users.id"], name=op.f("fk_absences_delegate_id_users")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.create_index("ix_absences_user", ["user_id", "ends_on"], unique=False)

    op.create_table(
        "reminder_preferences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "next_action",
                "first_response",
                "screening",
                "referrer_feedback",
                "quiet",
                "not_registered",
                "not_started",
                "expected_signing",
                "expected_landing",
                "evidence",
                "quota_behind",
                "trip_report",
                "agreed_date",
                "instruction",
                name="reminderkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "timing",
            sa.Enum(
                "at_once", "daily", "weekly", "off", name="timing", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reminder_preferences_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_preferences")),
        sa.UniqueConstraint("user_id", "kind", name=op.f("uq_reminder_preferences_user_id_kind")),
    )
    op.create_table(
        "reminder_recipients",
        sa.Column(
            "user_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("most_at_once", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reminder_recipients_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_reminder_recipients")),
    )
    op.create_table(
        "agreed_dates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_agreed_dates_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name=op.f("fk_agreed_dates_lead_id_leads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreed_dates")),
    )
    with op.batch_alter_table("agreed_dates", schema=None) as batch_op:
        batch_op.create_index("ix_agreed_dates_lead", ["lead_id", "due_on"], unique=False)
        batch_op.create_index("ix_agreed_dates_open", ["done_on", "due_on"], unique=False)

    op.create_table(
        "reminders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "next_action",
                "first_response",
                "screening",
                "referrer_feedback",
                "quiet",
                "not_registered",
                "not_started",
                "expected_signing",
                "expected_landing",
                "evidence",
                "quota_behind",
                "trip_report",
                "agreed_date",
                "instruction",
                name="reminderkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "level",
            sa.Enum("owner", "unit_head", "director", name="level", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "acknowledged",
                "snoozed",
                "done",
                "settled",
                "withdrawn",
                name="reminderstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("snoozes", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("answered_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column(
            "answered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("seen_at", crm.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", crm.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["users.id"], name=op.f("fk_reminders_answered_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_reminders_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_reminders_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_reminders_person_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint(
            "subject",
            "kind",
            "step",
            "due_on",
            "person_id",
            "level",
            name=op.f("uq_reminders_subject_kind_step_due_on_person_id_level"),
        ),
    )
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reminders_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(
            "ix_reminders_inbox", ["person_id", "state", "planned_on"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_reminders_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index("ix_reminders_state", ["state", "kind"], unique=False)

    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("returned_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("reported_on", sa.Date(), nullable=True))

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "channel",
                sa.Enum(
                    "mail",
                    "wecom",
                    "dingtalk",
                    "feishu",
                    "webhook",
                    name="channel",
                    native_enum=False,
                    length=32,
                ),
                server_default="mail",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("recipient", sa.String(length=40), nullable=True))
        batch_op.add_column(
            sa.Column("key", sa.String(length=80), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "endpoint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("expires_at", crm.core.db.UTCDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("written_at", crm.core.db.UTCDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("message_id", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("html", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("envelope", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "instead_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )

    # Mails of before were all to people. One cut off while being handed over was left to a person.
    op.execute("UPDATE deliveries SET recipient = 'user:' || person_id")
    op.execute(
        "UPDATE deliveries SET state = 'failed', problem = 'lost', next_try_at = NULL "
        "WHERE state IN ('handing_over', 'uncertain')"
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.alter_column("recipient", existing_type=sa.String(length=40), nullable=False)
        batch_op.alter_column("person_id", existing_type=sa.BigInteger(), nullable=True)
        batch_op.alter_column(
            "address",
            existing_type=sa.VARCHAR(length=120),
            type_=sa.String(length=400),
            existing_nullable=True,
        )
        batch_op.drop_constraint(batch_op.f("uq_deliveries_kind_person_id_due_on"), type_="unique")
        batch_op.create_index("ix_deliveries_day", ["due_on", "state"], unique=False)
        batch_op.create_unique_constraint(
            batch_op.f("uq_deliveries_kind_recipient_due_on_key_channel"),
            ["kind", "recipient", "due_on", "key", "channel"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_instead_of_id_deliveries"),
            "deliveries",
            ["instead_of_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_endpoint_id_channel_endpoints"),
            "channel_endpoints",
            ["endpoint_id"],
            ["id"],
        )

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expected_landing_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.drop_column("expected_landing_on")

    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.drop_index("ix_reminders_state")
        batch_op.drop_index(batch_op.f("ix_reminders_lead_id"))
        batch_op.drop_index("ix_reminders_inbox")
        batch_op.drop_index(batch_op.f("ix_reminders_delivery_id"))

    op.drop_table("reminders")

    # Kinds, channels and readers the table of before knows nothing of.
    op.execute(
        "DELETE FROM deliveries WHERE kind <> 'due_digest' OR channel <> 'mail' "
        "OR person_id IS NULL OR key <> ''"
    )
    op.execute("UPDATE deliveries SET instead_of_id = NULL")
    op.execute("UPDATE deliveries SET address = substr(address, 1, 120)")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_deliveries_endpoint_id_channel_endpoints"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_deliveries_instead_of_id_deliveries"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("uq_deliveries_kind_recipient_due_on_key_channel"), type_="unique"
        )
        batch_op.drop_index("ix_deliveries_day")
        batch_op.create_unique_constraint(
            batch_op.f("uq_deliveries_kind_person_id_due_on"), ["kind", "person_id", "due_on"]
        )
        batch_op.alter_column(
            "address",
            existing_type=sa.String(length=400),
            type_=sa.VARCHAR(length=120),
            existing_nullable=True,
        )
        batch_op.alter_column("person_id", existing_type=sa.BigInteger(), nullable=False)
        batch_op.drop_column("instead_of_id")
        batch_op.drop_column("envelope")
        batch_op.drop_column("html")
        batch_op.drop_column("message_id")
        batch_op.drop_column("written_at")
        batch_op.drop_column("expires_at")
        batch_op.drop_column("endpoint_id")
        batch_op.drop_column("key")
        batch_op.drop_column("recipient")
        batch_op.drop_column("channel")

    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.drop_column("reported_on")
        batch_op.drop_column("returned_on")

    with op.batch_alter_table("agreed_dates", schema=None) as batch_op:
        batch_op.drop_index("ix_agreed_dates_open")
        batch_op.drop_index("ix_agreed_dates_lead")

    op.drop_table("agreed_dates")
    op.drop_table("reminder_recipients")
    op.drop_table("reminder_preferences")
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.drop_index("ix_absences_user")

    op.drop_table("absences")
    op.drop_table("channel_endpoints")
    op.drop_table("reminder_settings")
    op.drop_table("leases")
