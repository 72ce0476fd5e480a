"""The office's working-day calendar as a table, seeded from the published notices."""

from datetime import date, timedelta

from chinese_calendar import is_holiday
from chinese_calendar.constants import Holiday, holidays, workdays
from sqlalchemy import select

from crm.calendar.models import CalendarDay, CalendarYear
from crm.calendar.rules import DayKind
from crm.core.db import db

IN_CHINESE = {each.value: each.chinese for each in Holiday}
SOURCE = "chinesecalendar (国务院办公厅节假日安排)"


def load_calendar() -> int:
    """Seed every year the package knows and the table does not; how many days were new.

    Years that are present, edited or not, are left alone.
    """
    known_years = set(db.session.scalars(select(CalendarYear.year)))
    years = sorted({day.year for day in holidays} - known_years)
    added = 0
    for year in years:
        db.session.add(CalendarYear(year=year, source=SOURCE))
        day = date(year, 1, 1)
        while day.year == year:
            is_weekend = day.weekday() >= 5
            if is_holiday(day) and not is_weekend:
                db.session.add(
                    CalendarDay(
                        day=day, kind=DayKind.HOLIDAY, name=IN_CHINESE.get(holidays.get(day, ""))
                    )
                )
                added += 1
            elif not is_holiday(day) and is_weekend:
                db.session.add(
                    CalendarDay(
                        day=day, kind=DayKind.WORKDAY, name=IN_CHINESE.get(workdays.get(day, ""))
                    )
                )
                added += 1
            day += timedelta(days=1)
    return added
