"""The lights of quiet leads, for pages."""

from datetime import date

from sqlalchemy import select

from crm.calendar.queries import work_calendar
from crm.core.days import WorkCalendar
from crm.core.db import db
from crm.leads.rules import QuietLights
from crm.reminders.models import ReminderSetting
from crm.reminders.queries import facts
from crm.reminders.rules import lights
from crm.reminders.rules.falling import Days
from crm.reminders.rules.kinds import ReminderKind


def quiet_lights(today: date) -> QuietLights:
    """The lights as they are set, in one SELECT; the calendar is read where they count working days.

    What an office begins with counts whatever the day, so that since when is not asked for.
    """
    rows = db.session.scalars(
        select(ReminderSetting)
        .where(ReminderSetting.kind == ReminderKind.QUIET)
        .order_by(ReminderSetting.id)
    )
    settings = facts.with_beginnings([facts.setting_of(row) for row in rows], {})
    counts_work = any(each.in_working_days for each in settings.all(ReminderKind.QUIET))
    return lights.quiet_lights(
        settings, Days(work_calendar() if counts_work else WorkCalendar(), today)
    )
