"""What is no longer due is settled at once where a page knows it, not only by the next planning."""

from datetime import datetime

from sqlalchemy import update

from crm.core.db import db
from crm.reminders.models import Reminder
from crm.reminders.queries.live import LIVE
from crm.reminders.rules.kinds import ReminderState


def settle_subject(subject: str, at: datetime) -> None:
    """Settle the live reminders about a subject, as `instruction:3`. What is due still begins anew."""
    db.session.execute(
        update(Reminder)
        .where(Reminder.subject == subject, Reminder.state.in_(LIVE))
        .values(state=ReminderState.SETTLED, answered_at=at)
        .execution_options(synchronize_session=False)
    )
