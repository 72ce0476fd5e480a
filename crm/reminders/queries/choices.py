"""Reading how a person has chosen to be told."""

from dataclasses import dataclass

from sqlalchemy import select

from crm.core.db import db, rows_of
from crm.outbox.queries import reach_of
from crm.outbox.rules import Reach
from crm.reminders.models import Preference, Recipient
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.telling import MOST_AT_ONCE, KindChoice


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person has chosen; a kind that is missing follows the office's setting."""

    chosen: dict[ReminderKind, KindChoice]
    reach: Reach
    most_at_once: int = MOST_AT_ONCE
    version: int | None = None


def choices_of(person_id: int) -> Choices:
    """The choices of one person, in three SELECTs."""
    statement = select(Preference.kind, Preference.timing, Preference.way).where(
        Preference.user_id == person_id
    )
    chosen = {kind: KindChoice(timing, way) for kind, timing, way in rows_of(statement)}
    reach = reach_of([person_id])[person_id]
    row = db.session.get(Recipient, person_id)
    if row is None:
        return Choices(chosen, reach)
    return Choices(chosen, reach, row.most_at_once, row.version)
