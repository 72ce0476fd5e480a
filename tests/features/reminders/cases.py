"""A lead that is due on a Friday, and the mails planned of it."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from crm.core.db import db, transaction
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox.models import Delivery
from crm.reminders.services import planning as services
from tests.saving import saved

FRIDAY = date(2026, 12, 4)
MORNING = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)  # 08:30 at the office
MINUTE = timedelta(minutes=1)


def add_due_lead(app, owner_id: int | None, due_on: date | None = FRIDAY, **columns) -> int:
    """A lead with a next action; its id."""
    values = {
        "title": "动力电池项目",
        "owner_id": owner_id,
        "stage": Stage.NEGOTIATING,
        "stage_since": FRIDAY,
        "last_progress_on": FRIDAY,
        "next_action": "约见投资方",
        "next_action_on": due_on,
        **columns,
    }
    return saved(app, Lead(**values))


def plan(at: datetime = MORNING) -> int:
    with transaction():
        return services.plan(at, again=True).messages


def rows() -> list[Delivery]:
    statement = select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)
    return list(db.session.scalars(statement))
