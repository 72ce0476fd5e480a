"""The working-day calendar."""

from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm.calendar.rules import DayKind
from crm.core.db import Base, pk


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
