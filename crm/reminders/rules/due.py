"""Which next action is to be told on a day, and from when on the mails of a day are planned.

Pure: days, times and the calendar are arguments. Days are the office's.
"""

from datetime import date, time

from crm.core.days import WorkCalendar
from crm.leads.rules import Stage
from crm.reminders.rules.kinds import DueKind

MAIL_AT = time(8, 30)
PLANNER = "planning"
"""Under this name planning leaves its sign."""


def falls_due(stage: Stage, next_action_on: date | None, on: date) -> DueKind | None:
    """Whether a lead's next action is to be told on `on`.

    Due means on or before the day, never a window. Lost and transferred leads are nobody's work any
    more; a parked lead is told only because somebody gave it a next action.
    """
    if stage.is_closed or next_action_on is None or next_action_on > on:
        return None
    return DueKind.DUE if next_action_on == on else DueKind.OVERDUE


def days_overdue(due_on: date, on: date) -> int:
    """Calendar days since the day it was due; 0 until it has passed."""
    return max((on - due_on).days, 0)


def planning_day(
    calendar: WorkCalendar, day: date, clock_time: time, mail_at: time = MAIL_AT
) -> date | None:
    """The day whose mails are to be planned at this time of this office day, if any.

    From `mail_at` until midnight: a morning when everything was down is caught up the same day.
    """
    return day if calendar.is_working_day(day) and clock_time >= mail_at else None
