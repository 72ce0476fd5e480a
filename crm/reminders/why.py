"""Why a message about a lead was or was not sent: every kind, who is told, what became of it.

Facts, settings and choices are those of now, whatever day is asked for; reminders and messages are
the rows that were written then.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select

from crm.accounts.models import User
from crm.calendar.queries import work_calendar
from crm.core.days import WorkCalendar
from crm.core.db import db, rows_of
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox import channels
from crm.outbox.models import Delivery, Heartbeat
from crm.outbox.queries import REACH, reach_from
from crm.outbox.rules import (
    Channel,
    DeliveryKind,
    DeliveryState,
    Problem,
    Reach,
    channels_for,
    why_not,
)
from crm.reminders.models import Reminder
from crm.reminders.queries import facts, live
from crm.reminders.queries.matters import Matter, matters
from crm.reminders.rules import PLANNER
from crm.reminders.rules.falling import (
    BASES,
    Days,
    Due,
    LeadClock,
    OpenDay,
    overdue_since,
    setting_for,
    stages_of,
    step_day,
)
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState, Timing
from crm.reminders.rules.settings import Setting, Settings, clock_start
from crm.reminders.rules.telling import Open, Telling, Wishes, counts_as_told
from crm.reminders.rules.why import ClockState, Message, Why, why
from crm.reminders.services.planning import tellings

MOST_EARLIER = 50
"""Reminders that are over, the last ones first; more than anybody reads."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The message that told a reminder, or is to; `instead_of` names the failed one it replaces."""

    delivery_id: int
    kind: DeliveryKind
    channel: Channel
    due_on: date
    state: DeliveryState
    attempts: int
    next_try_at: datetime | None
    sent_at: datetime | None
    problem: Problem | None
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person who is told, in which capacity, and what became of it.

    `reader` is who gets the message in their stead, `wants` how that reader wants to be told and
    `by` which channels it goes as things stand now. `others` say the same on another channel, or are
    what `message` has replaced.
    """

    name: str
    level: Level
    reader: str | None
    wants: Timing
    why: Why
    reminder_id: int | None = None
    state: ReminderState | None = None
    snoozed_until: date | None = None
    is_over_cap: bool = False  # wanted at once, told in the digest: the day had enough mails
    message: Sent | None = None
    by: tuple[Channel, ...] = ()
    others: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class KindWhy:
    """One kind of reminder of the lead: its clock, and who is told while it is due.

    `goes_up` says on which day heads and bureau leaders begin to be told.
    """

    kind: ReminderKind
    subject: str
    clock: ClockState
    setting: Setting | None = None
    base: date | None = None
    step: str | None = None
    due_on: date | None = None
    next_step: str | None = None
    next_on: date | None = None
    goes_up: tuple[tuple[Level, date], ...] = ()
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A reminder that is not due on the day asked for: what was told, and what became of it."""

    reminder_id: int
    kind: ReminderKind
    step: str
    due_on: date
    person: str
    level: Level
    state: ReminderState
    planned_on: date
    answered_at: datetime | None
    message: Sent | None


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything about a lead's reminders on a day."""

    lead_id: int
    title: str
    stage: Stage
    on: date
    is_working_day: bool
    planned_at: datetime | None  # the last planning, of any day
    kinds: tuple[KindWhy, ...]
    earlier: tuple[Earlier, ...]


def explain(lead_id: int, on: date) -> Explained | None:
    """Why mails about that lead were or were not sent on a day; None if there is no such lead."""
    lead = db.session.get(Lead, lead_id)
    if lead is None:
        return None
    calendar, settings = work_calendar(), facts.settings()
    told: dict[tuple[ReminderKind, str], list[Matter]] = defaultdict(list)
    for matter in matters(on, calendar, leads=(lead_id,), settings=settings):
        told[matter.due.kind, matter.due.subject].append(matter)
    people = _People.of([each for of in told.values() for each in of], on, calendar, settings)
    rows = _rows(lead_id)
    messages = _messages(rows, people, on)
    asked = _Asked(on, calendar, settings, people, rows, messages)
    watched = [each.clock for each in facts.watched_leads(on, (lead_id,))]
    days = [each.clock for each in facts.watched_days((lead_id,))]
    kinds: list[KindWhy] = []
    for kind in ReminderKind:
        if kind is ReminderKind.QUOTA_BEHIND:
            continue  # concerns no lead
        clocks: Sequence[LeadClock | OpenDay] = (
            watched
            if kind in BASES
            else [each for each in days if isinstance(each, OpenDay) and each.kind is kind]
        )
        for clock in clocks:
            subject = clock.subject if isinstance(clock, OpenDay) else f"lead:{lead_id}"
            kinds.append(asked.kind(kind, subject, clock, told[kind, subject]))
        if not clocks:
            runs = lead.stage in stages_of(kind)
            state = ClockState.NO_DAY if runs else ClockState.OTHER_STAGE
            kinds.append(KindWhy(kind, f"lead:{lead_id}", state))
    now_due = {_key(each) for of in told.values() for each in of}
    earlier = [
        Earlier(
            row.id, row.kind, row.step, row.due_on, row.name, row.level, row.state, row.planned_on,
            row.answered_at, messages.told(row),
        )
        for row in reversed(rows)
        if _row_key(row) not in now_due
    ]  # fmt: skip
    return Explained(
        lead_id, lead.title, lead.stage, on, calendar.is_working_day(on),
        db.session.scalar(select(Heartbeat.at).where(Heartbeat.name == PLANNER)),
        tuple(kinds), tuple(earlier[:MOST_EARLIER]),
    )  # fmt: skip


Key = tuple[str, ReminderKind, str, date, int, Level]


def _key(matter: Matter) -> Key:
    due, told = matter.due, matter.told
    return due.subject, due.kind, due.step, due.due_on, told.person_id, told.level


def _row_key(row: Row[*tuple[Any, ...]]) -> Key:
    return row.subject, row.kind, row.step, row.due_on, row.person_id, row.level


def _rows(lead_id: int) -> list[Row[*tuple[Any, ...]]]:
    """Every reminder there has been of the lead, the first one first."""
    statement = (
        select(
            Reminder.id, Reminder.kind, Reminder.subject, Reminder.step, Reminder.due_on,
            Reminder.level, Reminder.person_id, Reminder.state, Reminder.snoozed_until,
            Reminder.planned_on, Reminder.answered_at, Reminder.delivery_id, User.name,
        )
        .join(User, User.id == Reminder.person_id)
        .where(Reminder.lead_id == lead_id)
        .order_by(Reminder.due_on, Reminder.id)
    )  # fmt: skip
    return list(db.session.execute(statement))


@dataclass(frozen=True, slots=True)
class _Messages:
    """Messages by id, those at once by the reminder they tell, and the day's digests by reader."""

    by_id: dict[int, Sent]
    at_once: dict[int, list[Sent]]
    digests: dict[tuple[int, DeliveryKind], list[Sent]]

    def told(self, row: Row[*tuple[Any, ...]]) -> Sent | None:
        """What has told a reminder, or failed to while nothing else does."""
        told = self.by_id.get(row.delivery_id or 0)
        if told is not None and told.state is not DeliveryState.FAILED:
            return told
        return best([*self.at_once.get(row.id, ()), *([told] if told else ())])

    def others(self, row: Row[*tuple[Any, ...]], of: Sent | None, reader: int) -> tuple[Sent, ...]:
        """What says the same as a message to its reader on another channel, or was replaced by it."""
        if of is None:
            return ()
        same = (
            self.at_once.get(row.id, ())
            if of.kind is DeliveryKind.AT_ONCE
            else self.digests.get((reader, of.kind), ())
        )
        return tuple(
            each for each in same if each.delivery_id != of.delivery_id and each.due_on == of.due_on
        )

    def of_day(
        self, row: Row[*tuple[Any, ...]], reader: int, goes: Telling, on: date
    ) -> Sent | None:
        """What has told it, or the message noted for the day that is going to."""
        told = self.told(row)
        if told is not None and told.due_on == on:
            return told  # today's digest lists again what went at once
        coming = None
        if row.id in goes.digest:
            coming = best(self.digests.get((reader, DeliveryKind.DUE_DIGEST), ()))
        elif row.id in goes.weekly:
            coming = best(self.digests.get((reader, DeliveryKind.WEEK_DIGEST), ()))
        if coming is not None and coming.state in (DeliveryState.PENDING, DeliveryState.SENDING):
            return coming
        return told or coming


def best(of: Sequence[Sent]) -> Sent | None:
    """The one of several messages of the same that has come furthest; the last of those that failed."""
    ranks = (DeliveryState.FAILED, DeliveryState.PENDING, DeliveryState.SENDING)
    return max(
        of,
        key=lambda each: (
            each.due_on,
            ranks.index(each.state) if each.state in ranks else len(ranks),
            each.delivery_id,
        ),
        default=None,
    )


def _messages(rows: Sequence[Row[*tuple[Any, ...]]], people: "_People", on: date) -> _Messages:
    ids = {row.delivery_id for row in rows if row.delivery_id}
    keys = {str(row.id) for row in rows}
    found = _Messages({}, {}, {})
    statement = (
        select(
            Delivery.id, Delivery.kind, Delivery.channel, Delivery.due_on, Delivery.state,
            Delivery.attempts, Delivery.next_try_at, Delivery.sent_at, Delivery.problem,
            Delivery.instead_of_id, Delivery.key, Delivery.person_id,
        )
        .where(
            or_(
                Delivery.id.in_(ids),
                and_(Delivery.kind == DeliveryKind.AT_ONCE, Delivery.key.in_(keys)),
                and_(
                    Delivery.due_on == on,
                    Delivery.person_id.in_(set(people.reader.values())),
                    Delivery.kind.in_((DeliveryKind.DUE_DIGEST, DeliveryKind.WEEK_DIGEST)),
                ),
            )
        )
        .order_by(Delivery.due_on, Delivery.id)
    )  # fmt: skip
    for *sent, key, person in rows_of(statement):
        message = Sent(*sent)
        found.by_id[message.delivery_id] = message
        if message.kind is DeliveryKind.AT_ONCE and key in keys:
            found.at_once.setdefault(int(key), []).append(message)
        elif message.due_on == on and person is not None:
            found.digests.setdefault((person, message.kind), []).append(message)
    return found


@dataclass(frozen=True, slots=True)
class _People:
    """Who reads what is meant for whom on the day, how they want it, what goes out to them."""

    reader: dict[int, int]
    kept: frozenset[int]  # reminders that stay with whoever is away
    names: dict[int, str]
    reach: dict[int, Reach]
    gateways: Collection[Channel]
    wishes: dict[int, Wishes]
    goes: dict[int, Telling]

    @classmethod
    def of(
        cls, found: Collection[Matter], on: date, calendar: WorkCalendar, settings: Settings
    ) -> "_People":
        reader = live.readers({each.told.person_id for each in found}, on)
        everybody = {*reader, *reader.values()}
        names, reach = {}, {}
        for key, name, *of in rows_of(
            select(User.id, User.name, *REACH).where(User.id.in_(everybody))
        ):
            names[key], reach[key] = name, reach_from(of)
        kept = live.kept_back({who: one for who, one in reader.items() if who != one})
        readers = everybody if kept else set(reader.values())
        return cls(
            reader,
            kept,
            names,
            reach,
            channels.gateways(),
            live.wishes_of(readers, settings),
            tellings(on, calendar, readers) if readers else {},
        )

    def channels(self, reader: int, kind: ReminderKind, *, at_once: bool) -> tuple[Channel, ...]:
        """By which channels a message to a reader goes as things stand now."""
        reach = self.reach.get(reader)
        way = self.wishes[reader].ways.get(kind) if at_once else None
        return channels_for(reach, self.gateways, way) if reach else ()

    def problem(self, reader: int) -> Problem | None:
        """Why nothing can reach a reader."""
        reach = self.reach.get(reader)
        if reach is None:
            return Problem.INACTIVE
        return None if channels_for(reach, self.gateways) else why_not(reach, Channel.MAIL)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with all that was read for it."""

    on: date
    calendar: WorkCalendar
    settings: Settings
    people: _People
    rows: Sequence[Row[*tuple[Any, ...]]]
    messages: _Messages

    def kind(
        self,
        kind: ReminderKind,
        subject: str,
        clock: LeadClock | OpenDay,
        told: Sequence[Matter],
    ) -> KindWhy:
        setting = setting_for(kind, clock, self.settings)
        day = clock.base if isinstance(clock, OpenDay) else BASES[kind](clock)
        if setting is None:
            return KindWhy(kind, subject, ClockState.SWITCHED_OFF, base=day)
        if day is None:
            runs = clock.stage in stages_of(kind)
            state = ClockState.NO_DAY if runs else ClockState.OTHER_STAGE
            return KindWhy(kind, subject, state, setting)
        base = clock_start(day, setting)
        if base is None:
            return KindWhy(kind, subject, ClockState.TOO_EARLY, setting, day)
        reached = [
            (each, step_day(self.calendar, base, each.days, setting.in_working_days))
            for each in setting.steps
        ]
        coming = next(((each, day) for each, day in reached if day > self.on), (None, None))
        passed = [(each, day) for each, day in reached if day <= self.on]
        step, due_on = passed[-1] if passed else (None, None)
        return KindWhy(
            kind, subject, ClockState.DUE if step else ClockState.NOT_YET, setting, base,
            step.code if step else None, due_on, coming[0].code if coming[0] else None, coming[1],
            self._goes_up(Due(kind, subject, "", base, base=base), setting),
            tuple(self._person(each) for each in told),
        )  # fmt: skip

    def _goes_up(self, due: Due, setting: Setting) -> tuple[tuple[Level, date], ...]:
        since = overdue_since(due, setting, Days(self.calendar, self.on))
        above = (
            (Level.UNIT_HEAD, setting.to_unit_head_after),
            (Level.DIRECTOR, setting.to_director_after),
        )
        return tuple(
            (level, step_day(self.calendar, since, after, in_working_days=True))
            for level, after in above
            if after is not None
        )

    def _person(self, matter: Matter) -> Person:
        person, level = matter.told.person_id, matter.told.level
        row = next((each for each in self.rows if _row_key(each) == _key(matter)), None)
        is_kept = row is not None and row.id in self.people.kept
        reader = person if is_kept else self.people.reader[person]
        goes = self.people.goes.get(reader, Telling())
        wants = self.people.wishes[reader].timing(matter.due.kind, level)
        message = None if row is None else self.messages.of_day(row, reader, goes, self.on)
        opened = None if row is None else self._open(row, message)
        answer = why(
            opened,
            wants,
            goes,
            None if message is None else Message(message.due_on, message.state),
            self.people.problem(reader),
            self.on,
            self.calendar,
        )
        in_digest = message is not None and message.kind is DeliveryKind.DUE_DIGEST
        found = Person(
            self.people.names.get(person, str(person)),
            level,
            self.people.names.get(reader) if reader != person else None,
            wants,
            answer,
            is_over_cap=wants is Timing.AT_ONCE and in_digest,
            message=message,
            by=self.people.channels(
                reader, matter.due.kind, at_once=wants is Timing.AT_ONCE and not in_digest
            ),
            others=() if row is None else self.messages.others(row, message, reader),
        )
        if row is None:
            return found
        return replace(found, reminder_id=row.id, state=row.state, snoozed_until=row.snoozed_until)

    def _open(self, row: Row[*tuple[Any, ...]], message: Sent | None) -> Open:
        is_told = (
            message is not None
            and message.state is not DeliveryState.FAILED
            and counts_as_told(message.due_on, row.snoozed_until)
        )
        return Open(row.id, row.kind, row.level, row.state, row.snoozed_until, is_told)
