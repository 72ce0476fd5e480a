"""Open reminders and how each person wants to be told of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import aliased

from crm.accounts.queries import actors
from crm.accounts.rules import Way
from crm.core.bulk import among
from crm.core.db import db, many_rows_of, rows_of
from crm.leads.access import seen_among
from crm.leads.models import Lead
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryKind, DeliveryState
from crm.reminders.models import Preference, Recipient, Reminder
from crm.reminders.queries import facts
from crm.reminders.rules.kinds import ReminderKind, ReminderState, Timing
from crm.reminders.rules.naming import names_nothing
from crm.reminders.rules.people import delegates
from crm.reminders.rules.settings import Settings
from crm.reminders.rules.telling import (
    MOST_AT_ONCE,
    Open,
    Wishes,
    counts_as_told,
    is_silent_until_later,
)

LIVE = (ReminderState.OPEN, ReminderState.ACKNOWLEDGED, ReminderState.SNOOZED)
"""States of a reminder whose matter is still due."""
REMEMBERED = timedelta(days=60)
"""How long a message at once is looked back for; no reminder waits untold as long."""


def open_by_person(
    people: Collection[int] | None = None, being_written: Collection[int] = ()
) -> dict[int, list[Open]]:
    """The reminders of each person (or of those named) that may have to be told, oldest first.

    What a message that is `being_written` (ids of deliveries) has said in an earlier try is untold.
    """
    statement = (
        select(
            Reminder.id,
            Reminder.person_id,
            Reminder.kind,
            Reminder.level,
            Reminder.state,
            Reminder.snoozed_until,
            Delivery.id.label("told_by"),
            Delivery.state.label("told"),
            Reminder.subject,
            Delivery.due_on,
            Reminder.planned_on,
        )
        .outerjoin(Delivery, Delivery.id == Reminder.delivery_id)
        .where(Reminder.state.in_((ReminderState.OPEN, ReminderState.SNOOZED)))
        .order_by(Reminder.due_on, Reminder.id)
    )
    if people is not None:
        statement = statement.where(among(Reminder.person_id, people))
    found: dict[int, list[Open]] = defaultdict(list)
    for row in rows_of(statement):
        key, person, kind, level, state, snoozed_until, told_by, told, subject, told_on, began = row
        is_told = told is not None and told is not DeliveryState.FAILED
        is_told = (
            is_told and told_by not in being_written and counts_as_told(told_on, snoozed_until)
        )
        matter = f"{kind.value} {subject}"
        found[person].append(Open(key, kind, level, state, snoozed_until, is_told, matter, began))
    return found


def wishes_of(people: Collection[int], settings: Settings) -> dict[int, Wishes]:
    """How each of these people wants to be told."""
    by_default: dict[ReminderKind, Timing] = {}
    never_off = set()
    for kind in ReminderKind:
        setting = settings.general(kind)
        by_default[kind] = setting.timing
        if not setting.may_be_off:
            never_off.add(kind)
    chosen: dict[int, dict[ReminderKind, Timing]] = defaultdict(dict)
    ways: dict[int, dict[ReminderKind, Way]] = defaultdict(dict)
    for person, kind, timing, way in rows_of(
        select(Preference.user_id, Preference.kind, Preference.timing, Preference.way)
    ):
        chosen[person][kind] = timing
        if way is not None:
            ways[person][kind] = way
    found = rows_of(select(Recipient.user_id, Recipient.most_at_once))
    caps = {row[0]: row[1] for row in found}
    return {
        person: Wishes(
            chosen.get(person, {}),
            by_default,
            frozenset(never_off),
            caps.get(person, MOST_AT_ONCE),
            ways.get(person, {}),
        )
        for person in people
    }


def told_at_once(today: date) -> tuple[dict[int, int], dict[int, date]]:
    """(matters told at once today by reader, the last day each reminder was told so on).

    Told by two channels, or by mail in place of a message that failed, it is one.
    """
    statement = select(Delivery.person_id, Delivery.key, Delivery.due_on, Delivery.state).where(
        Delivery.kind == DeliveryKind.AT_ONCE, Delivery.due_on >= today - REMEMBERED
    )
    of_today: dict[int, set[str]] = defaultdict(set)
    told: dict[int, date] = {}
    for person, key, due_on, state in rows_of(statement):
        if due_on == today and person is not None:
            of_today[person].add(key)
        if state is not DeliveryState.FAILED and key.isdigit():
            told[int(key)] = max(told.get(int(key), due_on), due_on)
    return {person: len(keys) for person, keys in of_today.items()}, told


def readers(people: Collection[int], today: date) -> dict[int, int]:
    """Who reads what is meant for whom today: the person, or the delegate while they are away."""
    away = _delegates(today)
    return {person: away.get(person, person) for person in people}


def principals(of: Collection[int], today: date) -> frozenset[int]:
    """Whose reminders these readers read today: their own, and of those who are away.

    Somebody away reads what their delegate may not know (see `kept_back`).
    """
    away = _delegates(today)
    return frozenset({*of, *(person for person, reader in away.items() if reader in of)})


def _delegates(today: date) -> dict[int, int]:
    """The delegate of each person away; who is at work is asked only where somebody is not."""
    absent = facts.absences(today)
    return delegates(absent, facts.office().active, today) if absent else {}


def kept_back(reader_of: Mapping[int, int]) -> frozenset[int]:
    """The reminders that stay with somebody away: of leads their delegate may not open.

    `reader_of` names the delegate of each person away.
    """
    if not reader_of:
        return frozenset()
    statement = (
        select(Reminder.id, Reminder.person_id, Reminder.lead_id, Reminder.kind, Lead.is_sensitive)
        .join(Lead, Lead.id == Reminder.lead_id)
        .where(
            Reminder.state.in_((ReminderState.OPEN, ReminderState.SNOOZED)),
            among(Reminder.person_id, sorted(reader_of)),
        )
    )
    rows = rows_of(statement).all()
    seen = seen_by((reader_of[row.person_id], row.lead_id or 0) for row in rows)
    return frozenset(
        row.id
        for row in rows
        if names_nothing(
            row.kind,
            is_sensitive=row.is_sensitive,
            may_see_lead=(reader_of[row.person_id], row.lead_id) in seen,
        )
    )


def seen_by(wanted: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """Those of these (person, lead) where the person may open the lead; no SELECT where none is asked."""
    leads_of_person: dict[int, set[int]] = defaultdict(set)
    for person, lead_id in wanted:
        leads_of_person[person].add(lead_id)
    if not leads_of_person:
        return frozenset()
    return seen_among({each: leads_of_person[each.id] for each in actors(leads_of_person)})


def noted(day: date) -> frozenset[tuple[DeliveryKind, int | None, str]]:
    """The messages to people there are of a day, whichever way they go: kind, person, key."""
    statement = select(Delivery.kind, Delivery.person_id, Delivery.key).where(
        Delivery.due_on == day
    )
    return frozenset((kind, person, key) for kind, person, key in rows_of(statement))


def beside(deliveries: Collection[int], day: date) -> list[Row[*tuple[Any, ...]]]:
    """What says the same as these messages of a day on another channel, or in place of one of them.

    Each row: `id` of the one, `other`, and the other's channel and state.
    """
    one, other = aliased(Delivery), aliased(Delivery)
    statement = (
        select(one.id, other.id.label("other"), other.channel, other.state)
        .join(
            other,
            and_(
                other.kind == one.kind,
                other.recipient == one.recipient,
                other.due_on == one.due_on,
                other.key == one.key,
                other.id != one.id,
            ),
        )
        .where(one.due_on == day, one.id.in_(deliveries))
    )
    return list(db.session.execute(statement).all())


def live_keys(leads: Collection[int] | None = None) -> dict[tuple[object, ...], int]:
    """The keys of all reminders whose matter is still due, or of those about these leads; their ids."""
    only = [] if leads is None else [among(Reminder.lead_id, leads)]
    statement = select(
        Reminder.id, Reminder.subject, Reminder.kind, Reminder.step, Reminder.due_on,
        Reminder.person_id, Reminder.level,
    ).where(Reminder.state.in_(LIVE), *only)  # fmt: skip
    return {tuple(row[1:]): row[0] for row in many_rows_of(statement)}


def leads_of(people: Collection[int]) -> list[int]:
    """The leads the live reminders of these people are about."""
    return list(
        db.session.scalars(
            select(Reminder.lead_id)
            .where(
                among(Reminder.person_id, people),
                Reminder.state.in_(LIVE),
                Reminder.lead_id.is_not(None),
            )
            .distinct()
        )
    )


def speaking(ids: Collection[int], today: date) -> list[int]:
    """Those of these reminders that are open, or were put off until today."""
    statement = select(
        Reminder.id, Reminder.kind, Reminder.level, Reminder.state, Reminder.snoozed_until
    ).where(among(Reminder.id, ids))
    return [row.id for row in rows_of(statement) if not is_silent_until_later(Open(*row), today)]
