"""Reminders, the rules of each kind, and how people want to be told."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from crm.accounts.rules import Way
from crm.core.db import Base, created, pk, ref, revision, yuan
from crm.leads.rules import Stage
from crm.reminders.rules import Level, ReminderKind, ReminderState, Timing


class Reminder(Base):
    """One matter that fell due for one person: planned once, whatever restarts.

    `subject` names it in one word for the unique key, as `lead:12` or `quota:3`; `lead_id` stands
    beside it where it concerns a lead. `due_on` is the day its step was reached, `planned_on` the
    working day it was first told on.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("subject", "kind", "step", "due_on", "person_id", "level"),
        Index("ix_reminders_inbox", "person_id", "state", "planned_on"),
        Index("ix_reminders_state", "state", "kind"),
        # New ones have none: a hundred thousand planned at once are not filed here.
        Index(
            "ix_reminders_delivery_id",
            "delivery_id",
            sqlite_where=sql("delivery_id IS NOT NULL"),
            postgresql_where=sql("delivery_id IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    kind: Mapped[ReminderKind]
    subject: Mapped[str] = mapped_column(String(60))
    step: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date]
    level: Mapped[Level] = mapped_column(default=Level.OWNER)
    person_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    lead_id: Mapped[ref | None] = mapped_column(ForeignKey("leads.id"), index=True)
    planned_on: Mapped[date]
    state: Mapped[ReminderState] = mapped_column(default=ReminderState.OPEN)
    snoozed_until: Mapped[date | None]
    snoozes: Mapped[int] = mapped_column(default=0)
    note: Mapped[str | None] = mapped_column(String(200))  # the reason of the answer
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    seen_at: Mapped[datetime | None]  # opened in the inbox by its person
    delegate_seen_at: Mapped[datetime | None]  # by whoever stands in for them
    delivery_id: Mapped[ref | None] = mapped_column(ForeignKey("deliveries.id"))
    created_at: Mapped[created]
    version: Mapped[revision]


class ReminderSetting(Base):
    """How a kind is reminded of, for all leads or for those of a stage, form or amount.

    `steps` reads `notice:14,yellow:30`: code and days. The most particular setting holds.
    """

    __tablename__ = "reminder_settings"
    __table_args__ = (UniqueConstraint("kind", "scope_key"),)

    id: Mapped[pk]
    kind: Mapped[ReminderKind]
    scope_key: Mapped[str] = mapped_column(String(80), default="")  # the three below in one word
    stage: Mapped[Stage | None]
    is_headquarters: Mapped[bool | None]
    at_least_yuan: Mapped[yuan | None]
    is_on: Mapped[bool] = mapped_column(default=True)
    steps: Mapped[str] = mapped_column(String(120))
    in_working_days: Mapped[bool] = mapped_column(default=False)
    to_unit_head_after: Mapped[int | None]  # working days overdue
    to_director_after: Mapped[int | None]
    timing: Mapped[Timing] = mapped_column(default=Timing.DAILY)
    may_be_off: Mapped[bool] = mapped_column(default=True)
    counts_from: Mapped[date | None]  # 自…起算
    version: Mapped[revision]


class ReminderBeginning(Base):
    """Since when a kind has been in force in this office: a row for each, noted by migrations."""

    __tablename__ = "reminder_beginnings"

    kind: Mapped[ReminderKind] = mapped_column(primary_key=True)
    began_on: Mapped[date]


class Preference(Base):
    """When one person wants to be told of one kind; without a row the office's setting holds."""

    __tablename__ = "reminder_preferences"
    __table_args__ = (UniqueConstraint("user_id", "kind"),)

    id: Mapped[pk]
    user_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ReminderKind]
    timing: Mapped[Timing]
    way: Mapped[Way | None]  # of a message at once, where it is not the person's general way


class Recipient(Base):
    """How much one person wants to be told at once; the rest goes into the day's digest."""

    __tablename__ = "reminder_recipients"

    user_id: Mapped[ref] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    most_at_once: Mapped[int] = mapped_column(default=5)  # mails a day
    version: Mapped[revision]


class CalendarFeed(Base):
    """The secret address of a person's calendar feed, as a hash; without one there is no feed."""

    __tablename__ = "calendar_feeds"

    user_id: Mapped[ref] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime | None]
    version: Mapped[revision]


class Absence(Base):
    """Days on which a delegate (代理人) is told instead."""

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_user", "user_id", "ends_on"),)

    id: Mapped[pk]
    user_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    delegate_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[created]
    version: Mapped[revision]
