"""A Friday on which leads are late and reminders wait."""

from collections.abc import Callable
from functools import partial

import pytest

from crm.core import clock
from crm.core.db import db
from crm.reminders.models import Reminder
from tests.features.inbox.cases import AT, TODAY, add_late_lead, add_reminder


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture
def lead(app) -> Callable[..., int]:
    """`lead(owner, title=…, **columns)`: one whose next action is late; its id."""
    return partial(add_late_lead, app)


@pytest.fixture
def reminder(app) -> Callable[..., int]:
    """`reminder(person, title=…, lead_id=…, **columns)`: one that waits; its id."""
    return partial(add_reminder, app)


@pytest.fixture
def row(app) -> Callable[[int], Reminder]:
    """`row(reminder_id)`: as it stands now."""

    def read(reminder_id: int) -> Reminder:
        with app.app_context():
            found = db.session.get(Reminder, reminder_id)
            assert found is not None
            db.session.expunge(found)
            return found

    return read
