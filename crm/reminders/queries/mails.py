"""What a mail tells: the matters of a person with the words a reader needs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from crm.accounts.models import User
from crm.accounts.queries import system_actor
from crm.calendar.queries import work_calendar
from crm.core.bulk import chunked
from crm.core.db import rows_of
from crm.dispatch.queries.instructions import titles
from crm.enterprises.models import Enterprise
from crm.leads.models import Activity, AgreedDate, Lead
from crm.leads.rules import Stage
from crm.outbox import channels
from crm.outbox.queries import REACH, reach_from
from crm.outbox.rules import Channel, Problem, Reach, channels_for, why_not
from crm.quotas.models import Quota
from crm.quotas.queries import year_numbers
from crm.quotas.rules import due_under
from crm.reminders.models import Reminder
from crm.reminders.queries import facts, live
from crm.reminders.queries.matters import Matter, matters
from crm.reminders.queries.papers import missing_papers
from crm.reminders.rules import DueKind, days_overdue
from crm.reminders.rules.falling import Due, telling_day
from crm.reminders.rules.grounds import Ground, ground_of
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState
from crm.reminders.rules.naming import names_nothing
from crm.reminders.rules.people import Told
from crm.reminders.rules.settings import Settings


@dataclass(frozen=True, slots=True)
class Step:
    """How far up a matter was told before it came to its reader."""

    level: Level
    name: str
    told_on: date
    state: ReminderState


@dataclass(frozen=True, slots=True)
class DueItem:
    """One matter as a mail or a page shows it; `reasons.reason(item.ground, day)` says why.

    `title` is the lead's, or of what it concerns where that is no lead. `detail` says what is to be
    done: the next action, the agreed date. `kind` tells a next action's due from overdue.
    """

    lead_id: int | None
    title: str
    investor: str | None
    stage: Stage | None
    detail: str | None
    due_on: date
    days_overdue: int
    reminder_kind: ReminderKind = ReminderKind.NEXT_ACTION
    step: str = "due"
    level: Level = Level.OWNER
    subject: str = ""
    reminder_id: int | None = None
    owner: str | None = None
    on_behalf_of: str | None = None  # the person who is away
    ground: Ground | None = None
    is_hidden: bool = False  # a lead the reader of the mail may not open
    is_sensitive: bool = False  # whoever reads it
    trail: tuple[Step, ...] = ()  # of an escalated matter

    @property
    def kind(self) -> DueKind:
        return DueKind.OVERDUE if self.days_overdue else DueKind.DUE


UNREACHED = Reach(is_active=False)


@dataclass(frozen=True, slots=True)
class DueMail:
    """What one person is to be told: oldest item first. `problem`: why nothing can reach them."""

    person_id: int
    name: str
    address: str | None
    locale: str
    problem: Problem | None
    items: tuple[DueItem, ...]
    may_be_off: tuple[ReminderKind, ...] = ()  # the kinds in it its reader may do without
    reach: Reach = UNREACHED
    channels: tuple[Channel, ...] = ()  # by which it goes as things stand now


def due_mails(on: date) -> tuple[DueMail, ...]:
    """Everybody who is told something on that day, with all of it. Facts as known now."""
    by_person: dict[int, list[Matter]] = defaultdict(list)
    setting_of = facts.settings()
    for matter in matters(on, settings=setting_of):
        by_person[matter.told.person_id].append(matter)
    items = items_of([each for of in by_person.values() for each in of], on, setting_of)
    gateways = channels.gateways()
    found = []
    for person in _people(by_person):
        own = tuple(sorted((items[each] for each in by_person[person.id]), key=_oldest_first))
        goes = channels_for(person.reach, gateways)
        problem = None if goes else why_not(person.reach, Channel.MAIL)
        found.append(
            DueMail(
                person.id, person.name, person.reach.mail, person.locale, problem, own,
                reach=person.reach, channels=goes,
            )
        )  # fmt: skip
    return tuple(found)


def people_unreached(on: date) -> tuple[DueMail, ...]:
    """Those who are to be told something but whom nothing can reach, for the administrator."""
    return tuple(mail for mail in due_mails(on) if mail.problem)


def mail_of(person_id: int, reminder_ids: Collection[int], on: date) -> DueMail | None:
    """The mail about these reminders to that person; None if there is no such person."""
    return mails_of({0: (person_id, reminder_ids)}, on).get(0)


def mails_of(wanted: Mapping[int, tuple[int, Collection[int]]], on: date) -> dict[int, DueMail]:
    """Several mails, each about its reminders to its person, under the keys they were asked by.

    As many queries for many as for one; what is for a person there is not is left out.
    """
    people = {row.id: row for row in _people({person for person, _ids in wanted.values()})}
    rows: dict[int, Row[*tuple[Any, ...]]] = {}
    for some in chunked(key for _person, ids in wanted.values() for key in ids):
        found = rows_of(
            select(
                Reminder.id, Reminder.kind, Reminder.subject, Reminder.step, Reminder.due_on,
                Reminder.level, Reminder.person_id, Reminder.lead_id, User.name,
            ).join(User, User.id == Reminder.person_id).where(Reminder.id.in_(some))
        )  # fmt: skip
        rows |= {row.id: row for row in found}
    told = {
        key: Matter(
            Due(row.kind, row.subject, row.step, row.due_on, row.lead_id),
            Told(row.person_id, row.level),
        )
        for key, row in rows.items()
    }
    settings = facts.settings()
    items = items_of(told.values(), on, settings)
    trails = trails_of(_key(each.due) for each in told.values() if _is_escalated(each))
    hidden, sensitive = _hidden(
        [
            (person_id, told[key].due.lead_id or 0, told[key].due.kind)
            for person_id, ids in wanted.values()
            for key in ids
            if key in told and told[key].due.lead_id
        ]
    )
    never_off = frozenset(
        kind
        for kind in ReminderKind
        if any(not each.may_be_off for each in settings.all(kind) if not each.particularity[0])
    )
    mails = {}
    for asked, (person_id, ids) in wanted.items():
        person = people.get(person_id)
        if person is None:
            continue
        own = [
            replace(
                items[told[key]],
                reminder_id=key,
                on_behalf_of=rows[key].name if rows[key].person_id != person_id else None,
                is_hidden=(person_id, told[key].due.lead_id or 0, told[key].due.kind) in hidden,
                is_sensitive=told[key].due.lead_id in sensitive,
                trail=below(trails.get(_key(told[key].due), ()), told[key].told.level),
            )
            for key in dict.fromkeys(ids)
            if key in told
        ]
        kinds = {each.reminder_kind for each in own if each.level is Level.OWNER} - never_off
        mails[asked] = DueMail(
            person.id, person.name, person.reach.mail, person.locale,
            why_not(person.reach, Channel.MAIL), tuple(sorted(own, key=_oldest_first)),
            tuple(kind for kind in ReminderKind if kind in kinds), person.reach,
        )  # fmt: skip
    return mails


Shown = tuple[int, int, ReminderKind]
"""A reader, a lead, and what they are told of it."""


def _hidden(wanted: Sequence[Shown]) -> tuple[frozenset[Shown], frozenset[int]]:
    """Those of these where the reader may not open the lead, and the leads that are sensitive.

    An owner opens their own, so that mostly one SELECT says all.
    """
    owners: dict[int, int | None] = {}
    sensitive = set()
    for some in chunked({lead_id for _person, lead_id, _kind in wanted}):
        statement = select(Lead.id, Lead.owner_id, Lead.is_sensitive).where(Lead.id.in_(some))
        for key, owner, is_sensitive in rows_of(statement):
            owners[key] = owner
            if is_sensitive:
                sensitive.add(key)
    others = [each for each in wanted if each[1] in sensitive or owners.get(each[1]) != each[0]]
    seen = live.seen_by((person, lead_id) for person, lead_id, _kind in others)
    hidden = frozenset(
        (person, lead_id, kind)
        for person, lead_id, kind in others
        if names_nothing(
            kind, is_sensitive=lead_id in sensitive, may_see_lead=(person, lead_id) in seen
        )
    )
    return hidden, frozenset(sensitive)


MatterKey = tuple[str, ReminderKind, str, date]
"""A matter whoever is told of it: subject, kind, step and the day it fell due."""


def _key(due: Due) -> MatterKey:
    return due.subject, due.kind, due.step, due.due_on


def _is_escalated(matter: Matter) -> bool:
    return matter.told.level is not Level.OWNER


LEVELS = tuple(Level)


def below(trail: Iterable[Step], level: Level) -> tuple[Step, ...]:
    """The steps of a trail that lie before the level of its reader."""
    return tuple(step for step in trail if LEVELS.index(step.level) < LEVELS.index(level))


def trails_of(of: Iterable[MatterKey]) -> dict[MatterKey, tuple[Step, ...]]:
    """Of each of these escalated matters who was told of it before, the nearest first."""
    keys = frozenset(of)
    found: dict[MatterKey, list[Step]] = defaultdict(list)
    for some in chunked({key[0] for key in keys}):
        statement = (
            select(
                Reminder.subject,
                Reminder.kind,
                Reminder.step,
                Reminder.due_on,
                Reminder.level,
                Reminder.planned_on,
                Reminder.state,
                User.name,
            )
            .join(User, User.id == Reminder.person_id)
            .where(
                Reminder.subject.in_(some),
                Reminder.level != Level.DIRECTOR,
                Reminder.state != ReminderState.WITHDRAWN,
            )
            .order_by(Reminder.planned_on, Reminder.id)
        )
        for row in rows_of(statement):
            key = (row.subject, row.kind, row.step, row.due_on)
            if key in keys:
                found[key].append(Step(row.level, row.name, row.planned_on, row.state))
    return {
        key: tuple(sorted(steps, key=lambda step: LEVELS.index(step.level)))
        for key, steps in found.items()
    }


def _oldest_first(item: DueItem) -> tuple[date, int, str]:
    return item.due_on, item.lead_id or 0, item.subject


@dataclass(frozen=True, slots=True)
class _Person:
    id: int
    name: str
    locale: str
    reach: Reach


def _people(ids: Iterable[int]) -> list[_Person]:
    found: list[_Person] = []
    for some in chunked(ids):
        statement = select(User.id, User.name, User.locale, *REACH)
        rows = rows_of(statement.where(User.id.in_(some)).order_by(User.id))
        found += [
            _Person(key, name, locale, reach_from(reach)) for key, name, locale, *reach in rows
        ]
    return found


# --- words for what a matter concerns ---


def items_of(
    of: Iterable[Matter], on: date, settings: Settings | None = None
) -> dict[Matter, DueItem]:
    """Each matter with the words a reader needs, whatever it concerns. `settings`: if at hand."""
    wanted = list(of)
    setting_of = settings or facts.settings()
    leads = _leads({each.due.lead_id for each in wanted if each.due.lead_id})
    others = _others(wanted)
    wait = {each.due.lead_id for each in wanted if each.due.kind is ReminderKind.EVIDENCE}
    papers = missing_papers({key for key in wait if key}, on)
    standings = _standings(wanted, setting_of, on)
    found = {}
    for each in wanted:
        due = each.due
        lead = leads.get(due.lead_id or 0)
        setting = (
            setting_of.of(due.kind, lead.stage, lead.is_headquarters, lead.investment_yuan)
            if lead is not None
            else setting_of.of(due.kind)
        )
        name, detail = others.get(due.subject, (None, None))
        if lead is not None and due.kind is ReminderKind.NEXT_ACTION:
            detail = lead.next_action
        found[each] = DueItem(
            lead_id=due.lead_id,
            title=lead.title if lead is not None else name or due.subject,
            investor=lead.investor if lead is not None else None,
            stage=lead.stage if lead is not None else None,
            detail=detail,
            due_on=due.due_on,
            days_overdue=days_overdue(due.due_on, on),
            reminder_kind=due.kind,
            step=due.step,
            level=each.told.level,
            subject=due.subject,
            owner=lead.owner if lead is not None else None,
            ground=ground_of(
                due,
                setting,
                stage=lead.stage if lead is not None else None,
                standing=standings.get(due.subject),
                papers=papers.get(due.lead_id or 0, ())
                if due.kind is ReminderKind.EVIDENCE
                else (),
            ),
        )
    return found


def _standings(of: Sequence[Matter], setting_of: Settings, on: date) -> dict[str, tuple[int, int]]:
    """By subject (reached, 应达) of the quotas told of; reads nothing where there are none."""
    setting = setting_of.of(ReminderKind.QUOTA_BEHIND)
    if setting is None or not any(each.due.kind is ReminderKind.QUOTA_BEHIND for each in of):
        return {}
    day = telling_day(setting, work_calendar(), on)
    return {
        f"quota:{quota.quota_id}": (quota.reached.count, due_under(quota.terms, day))
        for quota in year_numbers(system_actor(), on.year, on).quotas
    }


def _leads(ids: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    found = {}
    statement = (
        select(
            Lead.id,
            Lead.title,
            Enterprise.name.label("investor"),
            Lead.stage,
            Lead.next_action,
            Lead.is_headquarters,
            Lead.investment_yuan,
            User.name.label("owner"),
        )
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .outerjoin(User, User.id == Lead.owner_id)
    )
    for some in chunked(ids):
        for row in rows_of(statement.where(Lead.id.in_(some))):
            found[row.id] = row
    return found


def _others(of: Sequence[Matter]) -> dict[str, tuple[str | None, str | None]]:
    """By subject (name, detail) of what is no lead as a whole: agreed dates, trips, instructions, quotas."""
    keys: dict[str, set[int]] = defaultdict(set)
    for each in of:
        sort, _colon, number = each.due.subject.partition(":")
        if sort != "lead" and number.isdigit():
            keys[sort].add(int(number))
    found: dict[str, tuple[str | None, str | None]] = {}
    for some in chunked(keys["agreed_date"]):
        for key, title in rows_of(
            select(AgreedDate.id, AgreedDate.title).where(AgreedDate.id.in_(some))
        ):
            found[f"agreed_date:{key}"] = (title, title)
    for some in chunked(keys["trip"]):
        trips = (
            select(Activity.id, Activity.summary, Enterprise.name)
            .outerjoin(Enterprise, Enterprise.id == Activity.enterprise_id)
            .where(Activity.id.in_(some))
        )
        for key, summary, company in rows_of(trips):
            found[f"trip:{key}"] = (company or summary[:60], summary[:120])
    for key, (matter, _next_step) in titles(keys["instruction"]).items():
        found[f"instruction:{key}"] = (matter, matter)
    for some in chunked(keys["quota"]):
        for key, label in rows_of(select(Quota.id, Quota.label).where(Quota.id.in_(some))):
            found[f"quota:{key}"] = (label, None)
    return found
