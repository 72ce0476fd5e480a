"""What a day would send under other settings, before anybody saves them. Writes nothing.

The day's mails are told as if none of them had gone out yet, so that the answer in the afternoon is
that of the morning; what earlier days have told stays told.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.calendar.queries import work_calendar
from crm.core.bulk import chunked
from crm.core.days import WorkCalendar
from crm.core.db import rows_of
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryState, why_not_mail
from crm.reminders.models import Reminder
from crm.reminders.queries import facts, live
from crm.reminders.queries.matters import Matter, matters
from crm.reminders.rules.kinds import ReminderKind, ReminderState
from crm.reminders.rules.settings import Setting, Settings
from crm.reminders.rules.telling import Open, telling

ENDED = (ReminderState.SETTLED, ReminderState.WITHDRAWN)
"""What comes again begins anew."""


@dataclass(frozen=True, slots=True)
class Mails:
    """What one person would get on the day: mails of each sort, and matters of each kind in them."""

    at_once: int = 0
    digest: int = 0
    weekly: int = 0
    of_kind: dict[ReminderKind, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.at_once + self.digest + self.weekly


@dataclass(frozen=True, slots=True)
class ReaderPreview:
    """One person with the mails of the day as it is set now and as it would be."""

    person_id: int
    name: str
    department: str | None
    now: Mails
    then: Mails

    @property
    def differs(self) -> bool:
        return self.now != self.then


@dataclass(frozen=True, slots=True)
class Preview:
    """The day's mails as it is set now and as it would be; whoever has no mail address is not in it."""

    day: date
    readers: tuple[ReaderPreview, ...]

    @property
    def people(self) -> int:
        return sum(bool(each.then.count) for each in self.readers)

    @property
    def mails(self) -> int:
        return sum(each.then.count for each in self.readers)

    @property
    def people_now(self) -> int:
        return sum(bool(each.now.count) for each in self.readers)

    @property
    def mails_now(self) -> int:
        return sum(each.now.count for each in self.readers)


def preview(today: date, before: Setting | None, after: Setting | None) -> Preview:
    """The mails of today, or of the next working day, if one setting took another's place.

    `before` None: `after` is new; `after` None: it is taken away. Both are of one kind.
    """
    changed = before or after
    assert changed is not None
    kind = changed.kind
    calendar = work_calendar()
    day = calendar.working_day_from(today)
    now = facts.settings()
    then = now.changed(before, after)
    found = list(matters(day, calendar, settings=now))
    others = [each for each in found if each.due.kind is not kind]
    anew = matters(day, calendar, settings=then.alone(kind))
    told = _told_before(day)
    mails_now = _mails(found, now, day, calendar, told)
    mails_then = _mails([*others, *anew], then, day, calendar, told)
    return Preview(day, tuple(_readers(mails_now, mails_then)))


Key = tuple[str, ReminderKind, str, date, int, str]


def _key(matter: Matter) -> Key:
    due, told = matter.due, matter.told
    return due.subject, due.kind, due.step, due.due_on, told.person_id, told.level.value


@dataclass(frozen=True, slots=True)
class _Row:
    state: ReminderState
    snoozed_until: date | None
    is_told: bool


def _told_before(day: date) -> dict[Key, _Row]:
    """The reminders there are, by what makes them one; told only if an earlier day's mail did so."""
    statement = (
        select(
            Reminder.subject, Reminder.kind, Reminder.step, Reminder.due_on, Reminder.person_id,
            Reminder.level, Reminder.state, Reminder.snoozed_until,
            Delivery.due_on.label("told_on"), Delivery.state.label("told"),
        )
        .outerjoin(Delivery, Delivery.id == Reminder.delivery_id)
        .where(Reminder.state.not_in(ENDED))
    )  # fmt: skip
    found: dict[Key, _Row] = {}
    for subject, kind, step, due_on, person, level, state, until, told_on, told in rows_of(
        statement
    ):
        is_told = told is not None and told is not DeliveryState.FAILED and told_on < day
        found[subject, kind, step, due_on, person, level.value] = _Row(state, until, is_told)
    return found


NEW = _Row(ReminderState.OPEN, None, is_told=False)


def _mails(
    found: Iterable[Matter],
    settings: Settings,
    day: date,
    calendar: WorkCalendar,
    told: dict[Key, _Row],
) -> dict[int, Mails]:
    """By reader the mails these matters make, with delegates, wishes and the cap as on the day."""
    ordered = sorted(found, key=lambda each: each.due.due_on)
    readers = live.readers({each.told.person_id for each in ordered}, day)
    of_reader: dict[int, list[Open]] = defaultdict(list)
    for number, each in enumerate(ordered):
        row = told.get(_key(each), NEW)
        of_reader[readers[each.told.person_id]].append(
            Open(
                number,
                each.due.kind,
                each.told.level,
                row.state,
                row.snoozed_until,
                row.is_told,
                f"{each.due.kind.value} {each.due.subject}",
            )
        )
    wishes = live.wishes_of(tuple(of_reader), settings)
    mails = {}
    for reader, reminders in of_reader.items():
        goes = telling(reminders, wishes[reader], day, calendar)
        said = (*goes.at_once, *goes.digest, *goes.weekly)
        mails[reader] = Mails(
            len(goes.at_once),
            int(bool(goes.digest)),
            int(bool(goes.weekly)),
            dict(Counter(ordered[number].due.kind for number in said)),
        )
    return mails


def _readers(now: dict[int, Mails], then: dict[int, Mails]) -> list[ReaderPreview]:
    """Those who get something either way and can be written to; whose mails differ first."""
    found = []
    for some in chunked(now.keys() | then.keys()):
        people = rows_of(
            select(User.id, User.name, User.email, User.is_active, Department.name)
            .outerjoin(Department, Department.id == User.department_id)
            .where(User.id.in_(some))
        )
        for key, name, email, is_active, department in people:
            of_now, of_then = now.get(key, Mails()), then.get(key, Mails())
            if why_not_mail(email, is_active) is None and (of_now.count or of_then.count):
                found.append(ReaderPreview(key, name, department, of_now, of_then))
    found.sort(key=lambda each: (not each.differs, -each.then.count, each.name, each.person_id))
    return found
