"""Leads that are due and reminders that wait, on a Friday, and what a page says of them."""

import re
from datetime import UTC, date, datetime, timedelta

from crm.calendar.queries import work_calendar
from crm.core.db import transaction
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.reminders.models import Reminder
from crm.reminders.rules import ReminderKind, ReminderState
from crm.reminders.services import planning
from tests.saving import saved

TODAY = date(2026, 12, 4)  # a Friday
MONDAY = date(2026, 12, 7)
AT = datetime(2026, 12, 4, 1, 0, tzinfo=UTC)
S = ReminderState


def add_late_lead(app, owner, title="动力电池项目", **columns) -> int:
    """A lead whose next action was due two days ago; its id."""
    with app.app_context(), transaction() as session:
        values = {
            "title": title, "owner_id": owner.id, "department_id": owner.department_id,
            "stage": Stage.NEGOTIATING, "stage_since": TODAY, "last_progress_on": TODAY,
            "next_action": "约见投资方", "next_action_on": TODAY - timedelta(days=2), **columns,
        }  # fmt: skip
        row = Lead(**values)
        session.add(row)
        session.flush()
        return row.id


def add_reminder(app, person, title="动力电池项目", lead_id=None, **columns) -> int:
    """One that waits; its id."""
    lead_id = lead_id or add_late_lead(app, person, title)
    values = {
        "kind": ReminderKind.NEXT_ACTION, "subject": f"lead:{lead_id}", "step": "due",
        "due_on": TODAY - timedelta(days=2), "person_id": person.id, "lead_id": lead_id,
        "planned_on": TODAY, **columns,
    }  # fmt: skip
    return saved(app, Reminder(**values))


def tell(app, day: date) -> dict[int, planning.Telling]:
    with app.app_context(), transaction():
        planning.note_what_is_due(day, work_calendar(), AT)
        return planning.tellings(day, work_calendar())


def words(page) -> str:
    assert page.status_code == 200
    return page.get_data(as_text=True)


def unread(page: str) -> int:
    """What the counters of a page say."""
    found = {
        0 if hidden else int(number)
        for hidden, number in re.findall(r"data-unread( hidden)?>(\d+)\+?</span>", page)
    }
    assert len(found) == 1
    return found.pop()
