"""Planning the week's mails to leaders: one per person and week, caught up on any later working day."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.bulk import insert_rows
from crm.core.db import rows_of
from crm.outbox.models import Delivery
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState
from crm.reminders.rules import MAIL_AT, planning_day
from crm.reports.rules import Week

KINDS = {
    Role.DIRECTOR: DeliveryKind.MONDAY_BRIEF,
    Role.DISTRICT_LEADER: DeliveryKind.WEEK_ROLL_UP,
}


def note_briefs(at: datetime, mail_at: time = MAIL_AT) -> int:
    """Note the mails of this week that are not noted yet; how many were new.

    From `mail_at` of the week's first working day; they expire with the week, whose successor tells of
    it. Safe to repeat and to run twice at once.
    """
    calendar = work_calendar()
    day = planning_day(calendar, clock.office_day(at), clock.office_time(at), mail_at)
    if day is None:
        return 0
    week = Week.of(day)
    first = calendar.working_day_from(week.monday)
    noted = {
        (kind, person)
        for kind, person in rows_of(
            select(Delivery.kind, Delivery.person_id).where(
                Delivery.due_on == first, Delivery.kind.in_(KINDS.values())
            )
        )
    }
    readers = rows_of(
        select(User.id, User.role)
        .where(User.is_active, User.role.in_(KINDS), User.email.is_not(None), User.email != "")
        .order_by(User.id)
    )
    rows: list[dict[str, Any]] = [
        {
            "kind": KINDS[role],
            "channel": Channel.MAIL,
            "recipient": f"user:{person}",
            "person_id": person,
            "due_on": first,
            "key": "",
            "expires_at": clock.office_moment(week.after.monday),
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "created_at": at,
        }
        for person, role in readers
        if (KINDS[role], person) not in noted
    ]
    insert_rows(Delivery, rows, once=("kind", "recipient", "due_on", "key", "channel"))
    return len(rows)
