"""What a day would send under other settings, before anybody saves them. Writes nothing.

The day's mails are told as if none of them had gone out yet, so that the answer in the afternoon is
that of the morning; what earlier days have told stays told.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, not_, or_, select

from crm.accounts.models import Department, User
from crm.accounts.queries import actors
from crm.accounts.rules import Actor
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.bulk import chunked, without_collecting
from crm.core.db import db, many_rows_of, rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.outbox import channels
from crm.outbox.models import Delivery, Heartbeat
from crm.outbox.queries import REACH, reach_from
from crm.outbox.rules import DeliveryState, channels_for
from crm.reminders.models import Reminder
from crm.reminders.queries import facts, live
from crm.reminders.queries.candidates import Found, due_under_each
from crm.reminders.rules import PLANNER
from crm.reminders.rules.counting import Alike, Mails, mails_of
from crm.reminders.rules.falling import Days
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState
from crm.reminders.rules.naming import names_nothing
from crm.reminders.rules.people import delegates
from crm.reminders.rules.settings import Setting, Settings

ENDED = (ReminderState.SETTLED, ReminderState.WITHDRAWN)
"""What comes again begins anew."""


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

    @property
    def matters(self) -> list[tuple[ReminderKind, int, int]]:
        """(kind, matters as it would be, as it is now) of every kind there is either way."""
        then, now = self.then.of_kind, self.now.of_kind
        return [
            (kind, then.get(kind, 0), now.get(kind, 0))
            for kind in ReminderKind
            if kind in then or kind in now
        ]


@dataclass(frozen=True, slots=True)
class Preview:
    """The day's mails as it is set now and as it would be; whoever nothing can reach is not in it.

    `kind` is the one that would be set otherwise, `planned_on` when the others were last planned.
    """

    kind: ReminderKind
    day: date
    planned_on: date | None
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
    def matters(self) -> int:
        """How many matters of the kind the mails would name."""
        return sum(each.then.of_kind.get(self.kind, 0) for each in self.readers)

    @property
    def matters_now(self) -> int:
        return sum(each.now.of_kind.get(self.kind, 0) for each in self.readers)

    @property
    def mails_now(self) -> int:
        return sum(each.now.count for each in self.readers)


def preview(today: date, before: Setting | None, after: Setting | None) -> Preview:
    """The mails of today, or of the next working day, if one setting took another's place.

    `before` None: `after` is new; `after` None: it is taken away. Both are of one kind: its matters are
    read and judged under either, those of the others are counted as the last planning left them.
    """
    changed = before or after
    assert changed is not None
    kind = changed.kind
    calendar = work_calendar()
    days = Days(calendar, calendar.working_day_from(today))
    now = facts.settings()
    then = now.changed(before, after)
    people = facts.office()
    who = _Readers.of_day(delegates(facts.absences(days.today), people.active, days.today))
    others = _others(kind, days.today, who)
    found = [_Groups(kind), _Groups(kind)]
    with without_collecting():
        told = _rows_of(kind, days.today)
        for each in due_under_each(kind, (now, then), people, days):
            found[each.under].add(each, told, who)
        seen = live.seen_by(pair for groups in found for pair in groups.asked)
        for groups in found:
            groups.hand_over(seen)
    mails_now, mails_then = (
        _mails(others, groups, settings, days)
        for groups, settings in zip(found, (now, then), strict=True)
    )
    # The rows of a sample district were made without a planner.
    planned_on = _planned_on() or (days.today if others else None)
    return Preview(kind, days.today, planned_on, tuple(_readers(mails_now, mails_then)))


Rank = tuple[Level, bool]
"""In which capacity, and whether an earlier day's mail has told it."""
LEVELS = tuple(Level)
RANKS: tuple[Rank, ...] = tuple((level, told) for told in (True, False) for level in LEVELS)
"""Of several reminders of one matter a reader is told of that which comes first here."""
UNTOLD = {level: RANKS.index((level, False)) for level in Level}
SILENT = -1
"""Answered, or put off beyond the day."""


@dataclass(frozen=True, slots=True)
class _Readers:
    """Who reads what is meant for whom: their delegate while they are away, if they may open it."""

    instead: Mapping[int, int]
    delegates: Mapping[int, Actor]

    @classmethod
    def of_day(cls, instead: Mapping[int, int]) -> "_Readers":
        return cls(instead, {each.id: each for each in actors(instead.values())} if instead else {})

    def column(self) -> SQLColumnExpression[int]:
        """The same of a row of `Reminder`."""
        if not self.instead:
            return Reminder.person_id
        sensitive = select(Lead.id).where(Lead.id == Reminder.lead_id, Lead.is_sensitive).exists()

        def may_know(reader: int) -> ColumnElement[bool]:
            told = and_(Reminder.kind == ReminderKind.INSTRUCTION, ~sensitive)
            if reader not in self.delegates:
                return or_(Reminder.lead_id.is_(None), told)
            seen = select(Lead.id).where(
                Lead.id == Reminder.lead_id, may_see(self.delegates[reader])
            )
            return or_(Reminder.lead_id.is_(None), told, seen.exists())

        return case(
            *(
                (and_(Reminder.person_id == person, may_know(reader)), reader)
                for person, reader in self.instead.items()
            ),
            else_=Reminder.person_id,
        )


def _told(day: date) -> ColumnElement[bool]:
    """Whether a message of an earlier day has told a reminder, since the day it was put off to."""
    return and_(
        Delivery.id.is_not(None),
        Delivery.state != DeliveryState.FAILED,
        Delivery.due_on < day,
        or_(Reminder.snoozed_until.is_(None), Delivery.due_on >= Reminder.snoozed_until),
    )


def _speaks(day: date) -> ColumnElement[bool]:
    return or_(
        Reminder.state == ReminderState.OPEN,
        and_(Reminder.state == ReminderState.SNOOZED, Reminder.snoozed_until <= day),
    )


def _rank(day: date) -> ColumnElement[int]:
    """The place of a row of `Reminder` in RANKS."""
    level = case({each: LEVELS.index(each) for each in Level}, value=Reminder.level)
    return level + case((_told(day), 0), else_=len(LEVELS))


def _others(but: ReminderKind, day: date, who: _Readers) -> dict[int, list[Alike]]:
    """Reminders of the other kinds by reader, each matter once, counted by the database."""
    each = (
        select(who.column().label("reader"), Reminder.kind, func.min(_rank(day)).label("place"))
        .outerjoin(Delivery, Delivery.id == Reminder.delivery_id)
        .where(Reminder.kind != but, _speaks(day))
        .group_by("reader", Reminder.kind, Reminder.subject)
        .subquery()
    )
    counted = select(each.c.reader, each.c.kind, each.c.place, func.count()).group_by(
        each.c.reader, each.c.kind, each.c.place
    )
    found: dict[int, list[Alike]] = defaultdict(list)
    for reader, kind, place, number in rows_of(counted):
        found[reader].append(_alike(kind, place, number))
    return found


def _alike(kind: ReminderKind, place: int, number: int) -> Alike:
    level, is_told = RANKS[place]
    return Alike(kind, level, is_told, number)


Key = tuple[str, str, date, int, Level]


def _rows_of(kind: ReminderKind, day: date) -> dict[Key, int]:
    """The places in RANKS of this kind's reminders that have been told, and SILENT of those answered."""
    silent = not_(_speaks(day))
    rows = many_rows_of(
        select(
            Reminder.subject, Reminder.step, Reminder.due_on, Reminder.person_id, Reminder.level,
            case((silent, SILENT), else_=_rank(day)),
        )
        .outerjoin(Delivery, Delivery.id == Reminder.delivery_id)
        .where(Reminder.kind == kind, Reminder.state.not_in(ENDED), or_(silent, _told(day)))
    )  # fmt: skip
    return {
        (subject, step, due_on, person, level): place
        for subject, step, due_on, person, level, place in rows
    }


class _Groups:
    """What is due of the kind under one setting, by reader, each matter once."""

    def __init__(self, kind: ReminderKind) -> None:
        self.kind = kind
        self.places: dict[tuple[int, str], int] = {}
        self._away: list[tuple[int, int, int, Found, int]] = []

    def add(self, found: Found, rows: Mapping[Key, int], who: _Readers) -> None:
        for told in found.told:
            place = rows.get(
                (found.subject, found.step, found.due_on, told.person_id, told.level),
                UNTOLD[told.level],
            )
            if place == SILENT:
                continue
            person = told.person_id
            reader = who.instead.get(person, person)
            if reader != person and found.lead_id is not None:
                self._away.append((person, reader, found.lead_id, found, place))
            else:
                self._note(reader, found.subject, place)

    @property
    def asked(self) -> Iterator[tuple[int, int]]:
        """(delegate, lead) of what is meant for somebody away."""
        return ((reader, lead_id) for _person, reader, lead_id, _found, _place in self._away)

    def hand_over(self, seen: Collection[tuple[int, int]]) -> None:
        """Give delegates what they may open; the rest stays with whoever is away."""
        for person, reader, lead_id, found, place in self._away:
            nothing = names_nothing(
                self.kind,
                is_sensitive=found.named is not None,
                may_see_lead=(reader, lead_id) in seen,
            )
            self._note(person if nothing else reader, found.subject, place)

    def _note(self, reader: int, subject: str, place: int) -> None:
        known = self.places.get((reader, subject))
        if known is None or place < known:
            self.places[reader, subject] = place

    def alike(self) -> dict[int, list[Alike]]:
        found: dict[int, list[Alike]] = defaultdict(list)
        counted = Counter((reader, place) for (reader, _of), place in self.places.items())
        for (reader, place), number in counted.items():
            found[reader].append(_alike(self.kind, place, number))
        return found


def _mails(
    others: Mapping[int, list[Alike]], groups: _Groups, settings: Settings, days: Days
) -> dict[int, Mails]:
    own = groups.alike()
    readers = others.keys() | own.keys()
    wishes = live.wishes_of(readers, settings)
    return {
        reader: mails_of(
            (*others.get(reader, ()), *own.get(reader, ())),
            wishes[reader],
            days.today,
            days.calendar,
        )
        for reader in readers
    }


def _planned_on() -> date | None:
    """The day the other kinds were last planned on; None if none ever was."""
    seen = db.session.scalar(select(Heartbeat.at).where(Heartbeat.name == PLANNER))
    return None if seen is None else clock.office_day(seen)


def _readers(now: dict[int, Mails], then: dict[int, Mails]) -> list[ReaderPreview]:
    """Those who get something either way and can be written to; whose mails differ first."""
    found, gateways = [], channels.gateways()
    for some in chunked(now.keys() | then.keys()):
        people = rows_of(
            select(User.id, User.name, Department.name, *REACH)
            .outerjoin(Department, Department.id == User.department_id)
            .where(User.id.in_(some))
        )
        for key, name, department, *reach in people:
            of_now, of_then = now.get(key, Mails()), then.get(key, Mails())
            is_reached = channels_for(reach_from(reach), gateways)
            if is_reached and (of_now.count or of_then.count):
                found.append(ReaderPreview(key, name, department, of_now, of_then))
    found.sort(key=lambda each: (not each.differs, -each.then.count, each.name, each.person_id))
    return found
