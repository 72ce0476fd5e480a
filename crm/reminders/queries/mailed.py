"""What a link of a mail is about, for somebody who is not signed in: a title and nothing more."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.reminders.models import Reminder
from crm.reminders.queries.inbox import answers_for
from crm.reminders.queries.mails import items_of
from crm.reminders.queries.matters import Matter
from crm.reminders.rules import Level, ReminderKind
from crm.reminders.rules.answers import Answerable
from crm.reminders.rules.falling import Due
from crm.reminders.rules.naming import names_nothing
from crm.reminders.rules.people import Told


@dataclass(frozen=True, slots=True)
class Mailed:
    """One reminder as its confirmation page shows it, and who answers it."""

    reader: Actor
    title: str | None  # None: a lead its reader may not open
    is_sensitive: bool
    kind: ReminderKind
    for_whom: str | None
    reminder: Answerable
    answers_for: frozenset[int]
    lead_id: int | None


def mailed(reminder_id: int, reader_id: int, today: date) -> Mailed | None:
    """What the link is about; None where reader or reminder are gone."""
    reader = actor_by_id(reader_id)
    if reader is None:
        return None
    row = rows_of(
        select(
            Reminder.kind,
            Reminder.subject,
            Reminder.step,
            Reminder.due_on,
            Reminder.lead_id,
            Reminder.person_id,
            Reminder.state,
            Reminder.snoozes,
            Reminder.snoozed_until,
            User.name,
            Lead.is_sensitive,
            may_see(reader).label("may_see"),
        )
        .join(User, User.id == Reminder.person_id)
        .outerjoin(Lead, Lead.id == Reminder.lead_id)
        .where(Reminder.id == reminder_id)
    ).one_or_none()
    if row is None:
        return None
    matter = Matter(
        Due(row.kind, row.subject, row.step, row.due_on, row.lead_id),
        Told(row.person_id, Level.OWNER),
    )
    is_hidden = row.lead_id is not None and names_nothing(
        row.kind, is_sensitive=bool(row.is_sensitive), may_see_lead=bool(row.may_see)
    )
    return Mailed(
        reader=reader,
        title=None if is_hidden else items_of([matter], today)[matter].title,
        is_sensitive=bool(row.is_sensitive),
        kind=row.kind,
        for_whom=row.name if row.person_id != reader.id else None,
        reminder=Answerable(row.person_id, row.state, row.snoozes, row.snoozed_until, row.kind),
        answers_for=answers_for(reader.id, today),
        lead_id=row.lead_id,
    )
