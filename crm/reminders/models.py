"""The working-day calendar and the outbox of mails."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, text
from crm.reminders.rules import DayKind, DeliveryKind, DeliveryState, Problem


class CalendarDay(Base):
    """A day that differs from Mon–Fri: a holiday on a weekday, or a weekend worked (调休)."""

    __tablename__ = "workday_calendar"

    id: Mapped[pk]
    day: Mapped[date] = mapped_column(unique=True)
    kind: Mapped[DayKind]
    name: Mapped[str | None] = mapped_column(String(60))


class CalendarYear(Base):
    """A year whose calendar is complete; others fall back to Mon–Fri and say so."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(120))


class Delivery(Base):
    """One mail to one person: planned once per (kind, person, due_on), whatever restarts."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("kind", "person_id", "due_on"),
        Index("ix_deliveries_state", "state", "next_try_at"),
    )

    id: Mapped[pk]
    kind: Mapped[DeliveryKind]
    person_id: Mapped[ref] = mapped_column(ForeignKey("users.id"), index=True)
    due_on: Mapped[date]
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]  # just before the server was given the message
    sent_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(120))
    subject: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[text | None]
    problem: Mapped[Problem | None]
    last_error: Mapped[text | None]  # in the mail server's own words
    created_at: Mapped[created]


class Heartbeat(Base):
    """When beat and worker were last seen; an old one is shown to the administrator."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    at: Mapped[datetime]
