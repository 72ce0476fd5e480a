"""Who was reminded of a lead or an instruction, when, in which capacity, and what came of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select

from crm.accounts.models import User
from crm.core.db import rows_of
from crm.outbox.models import Delivery
from crm.reminders.models import Reminder

SHOWN = 100
"""Further back than a person looks; the rows themselves are kept."""


def reminded_of_lead(lead_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The reminders about a lead and what hangs on it, the latest first."""
    return rows_of(_TOLD.where(Reminder.lead_id == lead_id)).all()


def reminded_of(subject: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The reminders about one subject, as `instruction:3`, the latest first."""
    return rows_of(_TOLD.where(Reminder.subject == subject)).all()


_TOLD: Select[*tuple[Any, ...]] = (
    select(
        Reminder.id,
        Reminder.kind,
        Reminder.step,
        Reminder.level,
        Reminder.due_on,
        Reminder.planned_on,
        Reminder.state,
        Reminder.note,
        Reminder.answered_at,
        Reminder.snoozed_until,
        User.name.label("person"),
        Delivery.sent_at,
        Delivery.state.label("mail"),
    )
    .select_from(Reminder)
    .join(User, User.id == Reminder.person_id)
    .outerjoin(Delivery, Delivery.id == Reminder.delivery_id)
    .order_by(Reminder.planned_on.desc(), Reminder.id.desc())
    .limit(SHOWN)
)
