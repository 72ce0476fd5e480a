"""Reading how a person has chosen to be told."""

from dataclasses import dataclass

from sqlalchemy import select

from crm.core.db import db, rows_of
from crm.reminders.models import Preference, Recipient
from crm.reminders.rules.kinds import ReminderKind, Timing
from crm.reminders.rules.telling import MOST_AT_ONCE


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person has chosen; a kind that is missing follows the office's setting."""

    timing: dict[ReminderKind, Timing]
    most_at_once: int = MOST_AT_ONCE
    version: int | None = None


def choices_of(person_id: int) -> Choices:
    """The choices of one person, in two SELECTs."""
    statement = select(Preference.kind, Preference.timing).where(Preference.user_id == person_id)
    timing = dict(rows_of(statement).all())
    row = db.session.get(Recipient, person_id)
    if row is None:
        return Choices(timing)
    return Choices(timing, row.most_at_once, row.version)
