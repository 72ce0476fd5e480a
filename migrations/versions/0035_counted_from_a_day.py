"""Each kind of reminder counts from a day; since when it has been in force is known"""

import sqlalchemy as sa
from alembic import op

from crm.core import clock

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KINDS = (
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
)


def upgrade() -> None:
    op.add_column("reminder_settings", sa.Column("counts_from", sa.Date(), nullable=True))
    table = op.create_table(
        "reminder_beginnings",
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="reminderkind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_reminder_beginnings")),
    )
    # An office that has been reminded already goes on as it was; a new one begins today.
    reminders = sa.table("reminders", sa.column("planned_on", sa.Date()))
    first = op.get_bind().scalar(sa.select(sa.func.min(reminders.c.planned_on)))
    began_on = first or clock.today()
    op.bulk_insert(table, [{"kind": kind, "began_on": began_on} for kind in KINDS])


def downgrade() -> None:
    op.drop_table("reminder_beginnings")
    op.drop_column("reminder_settings", "counts_from")
