"""Reminders of the sample district: what is due today, some of it answered already."""

from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from crm.calendar.queries import work_calendar
from crm.core.db import db
from crm.reminders.models import Reminder, ReminderBeginning
from crm.reminders.rules import ReminderState
from crm.reminders.services.planning import note_what_is_due


def load(today: date, at: datetime) -> None:
    """As if the office had been at it for two years and the day were planned; every seventh is known,
    every eleventh put off."""
    db.session.execute(update(ReminderBeginning).values(began_on=today - timedelta(days=730)))
    calendar = work_calendar()
    note_what_is_due(today, calendar, at)
    for number, row in enumerate(db.session.scalars(select(Reminder).order_by(Reminder.id))):
        if number % 7 == 3:
            row.state, row.answered_at, row.answered_by_id = (
                ReminderState.ACKNOWLEDGED, at, row.person_id,
            )  # fmt: skip
        elif number % 11 == 5:
            row.state, row.answered_at, row.answered_by_id = (
                ReminderState.SNOOZED, at, row.person_id,
            )  # fmt: skip
            row.snoozed_until = calendar.next_working_day(today + timedelta(days=2))
            row.snoozes = 1
        row.seen_at = at - timedelta(hours=2) if number % 3 == 0 else None
