"""Reading which days are worked."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from crm.calendar.models import CalendarDay, CalendarYear
from crm.calendar.rules import DayKind
from crm.core.days import WorkCalendar
from crm.core.db import db


def work_calendar() -> WorkCalendar:
    """The office's working days, as the table has them now (two SELECTs)."""
    days: dict[DayKind, set[date]] = {DayKind.HOLIDAY: set(), DayKind.WORKDAY: set()}
    for day, kind in db.session.execute(select(CalendarDay.day, CalendarDay.kind)):
        days[kind].add(day)
    return WorkCalendar(
        workdays=frozenset(days[DayKind.WORKDAY]),
        holidays=frozenset(days[DayKind.HOLIDAY]),
        years=frozenset(db.session.scalars(select(CalendarYear.year))),
    )


def calendar_days(year: int) -> Sequence[CalendarDay]:
    """The days of a year that differ from Monday to Friday, in order."""
    return db.session.scalars(
        select(CalendarDay)
        .where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(CalendarDay.day)
    ).all()
