"""Everything that is due on a day, and who is told of it: the rules over the facts as known now."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from crm.accounts.queries import system_actor
from crm.calendar.queries import work_calendar
from crm.core.days import WorkCalendar
from crm.quotas.queries import year_numbers
from crm.quotas.rules import due_under
from crm.reminders.queries import facts
from crm.reminders.queries.facts import Watched
from crm.reminders.rules.falling import (
    Days,
    Due,
    LeadClock,
    QuotaStanding,
    due_of_day,
    due_of_lead,
    due_of_quota,
    setting_for,
    telling_day,
)
from crm.reminders.rules.kinds import Level, ReminderKind
from crm.reminders.rules.people import Addressees, Office, Told
from crm.reminders.rules.settings import Settings


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that is due, and one person who is told of it."""

    due: Due
    told: Told


def matters(
    today: date,
    calendar: WorkCalendar | None = None,
    *,
    leads: Collection[int] | None = None,
    settings: Settings | None = None,
) -> Iterator[Matter]:
    """Everything due on that day; where `leads` are named, what concerns them alone.

    In one settled order, and past the first of them the database is asked nothing.
    `settings` in place of the office's own shows what others would bring (the preview of a change).
    """
    days = Days(calendar or work_calendar(), today)
    holding = settings or facts.settings()
    people = facts.office()
    addressees = Addressees(people, days)
    open_days = list(facts.watched_days(leads))
    behind = list(quotas_behind(today, holding, people, days)) if leads is None else ()
    for watched in facts.watched_leads(today, leads):
        assert isinstance(watched.clock, LeadClock)
        for due in due_of_lead(watched.clock, holding, days):
            yield from _told(due, watched, holding, addressees)
    for watched in open_days:
        assert not isinstance(watched.clock, LeadClock)
        found = due_of_day(watched.clock, holding, days)
        if found is not None:
            yield from _told(found, watched, holding, addressees)
    yield from behind


def _told(
    due: Due, watched: Watched, settings: Settings, addressees: Addressees
) -> Iterator[Matter]:
    setting = setting_for(due.kind, watched.clock, settings)
    assert setting is not None  # it is due
    for told in addressees.of(due, setting, watched.charge):
        yield Matter(due, told)


def quotas_behind(today: date, settings: Settings, people: Office, days: Days) -> Iterator[Matter]:
    """Quotas behind, for every bureau leader. A preset nobody has adopted yet binds nobody."""
    setting = settings.of(ReminderKind.QUOTA_BEHIND)
    if setting is None:
        return
    day = telling_day(setting, days.calendar, today)
    for quota in year_numbers(system_actor(), today.year, today).quotas:
        if quota.is_example:
            continue
        standing = QuotaStanding(quota.quota_id, quota.reached.count, due_under(quota.terms, day))
        due = due_of_quota(standing, settings, days)
        if due is not None:
            for person in people.directors:
                yield Matter(due, Told(person, Level.OWNER))
