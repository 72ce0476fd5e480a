"""A person's inbox: the reminders meant for them, and for whoever they stand in for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.accounts.queries import actor_in, actor_statement
from crm.accounts.rules import Actor, Role
from crm.core.bulk import among
from crm.core.db import BigId, db, rows_of
from crm.core.lists import Order, Page, keyset_page
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.outbox.models import Heartbeat
from crm.outbox.queries import WORKER
from crm.reminders.models import Absence, Reminder
from crm.reminders.queries import facts
from crm.reminders.queries.mails import DueItem, MatterKey, Step, below, items_of, trails_of
from crm.reminders.queries.matters import Matter
from crm.reminders.rules import Level, ReminderKind, ReminderState, Scope
from crm.reminders.rules.answers import is_waiting
from crm.reminders.rules.falling import Due
from crm.reminders.rules.naming import names_nothing
from crm.reminders.rules.people import Told, delegates

SHOWN = 100
"""Reminders on one page of the inbox."""
COUNTED = 999
"""No counter shows more; further ones are not counted."""


class Tab(StrEnum):
    """The parts of the inbox."""

    OPEN = "open"
    ANSWERED = "answered"
    DONE = "done"


ANSWERED = (ReminderState.ACKNOWLEDGED, ReminderState.SNOOZED)
CLOSED = (ReminderState.DONE, ReminderState.SETTLED, ReminderState.WITHDRAWN)


# --- whose reminders somebody reads and answers: the one place that says so ---


def answers_for(actor_id: int, today: date) -> frozenset[int]:
    """Themselves, and everybody away today whose delegate they are in the end."""
    absences = facts.absences(today)
    if not absences:
        return frozenset({actor_id})
    away = delegates(absences, facts.office().active, today)
    return frozenset({actor_id} | {person for person, reader in away.items() if reader == actor_id})


def _unread() -> ScalarSelect[int]:
    """How many reminders wait unread for `:user_id` on `:today`: theirs, and of who is away.

    The delegates are followed as `rules.people.delegates` does: nothing comes to somebody away.
    """
    me = bindparam("user_id", type_=BigId)
    today = bindparam("today", type_=Date)

    def is_away() -> ColumnElement[bool]:
        return and_(Absence.starts_on <= today, Absence.ends_on >= today)

    own = aliased(Absence)
    is_here = ~(
        select(literal(1))
        .where(own.user_id == me, own.starts_on <= today, own.ends_on >= today)
        .exists()
    )
    covered = (
        select(Absence.user_id)
        .where(Absence.delegate_id == me, is_away(), is_here)
        .cte("covered", recursive=True)
    )
    covered = covered.union(
        select(Absence.user_id)
        .join(covered, Absence.delegate_id == covered.c.user_id)
        .where(is_away(), Absence.user_id != me)
    )

    def counted(person: ColumnElement[int], seen: str) -> ScalarSelect[int]:
        of = aliased(Reminder)
        found = (
            select(func.count())
            .select_from(of)
            .where(of.person_id == person, waits(today, of), getattr(of, seen).is_(None))
        )
        return found.correlate(covered).scalar_subquery()

    # One look into the index for each person who is away: a join would let SQLite walk all that is open.
    others = select(
        func.coalesce(func.sum(counted(covered.c.user_id, "delegate_seen_at")), 0)
    ).select_from(covered)
    return counted(me, "seen_at") + others.scalar_subquery()  # type: ignore[return-value]


def waits(today: Any, of: Any = Reminder) -> ColumnElement[bool]:
    """`rules.answers.is_waiting` as a condition."""
    return and_(
        of.state.in_((ReminderState.OPEN, ReminderState.SNOOZED)),
        or_(of.state == ReminderState.OPEN, of.snoozed_until <= today),
    )


def _last_sign() -> ColumnElement[datetime | None]:
    """When the worker was last seen, for administrators, whose pages say when that is long ago."""
    sign = select(Heartbeat.at).where(Heartbeat.name == WORKER).scalar_subquery()
    return case((User.role == Role.ADMINISTRATOR, sign))


# Made once: every request of everybody sends it, and so carries its count at no further statement.
_ACTOR_AND_UNREAD = actor_statement(_unread().label("unread"), _last_sign().label("last_sign_at"))


def actor_and_unread(
    user_id: int, today: date, *, address: str | None = None
) -> tuple[Actor, int, datetime | None] | None:
    """The active person with that id, how many reminders they have not read and, for administrators,
    when the worker was last seen; in one SELECT."""
    row = rows_of(_ACTOR_AND_UNREAD, {"user_id": user_id, "today": today}).one_or_none()
    if row is None:
        return None
    return actor_in(row, address), int(row.unread), row.last_sign_at


# --- the lists ---


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One reminder as the inbox shows it.

    `is_hidden`: a lead its reader may not open, for it is sensitive (`is_sensitive`) and they are not
    named, or they stand in for somebody and it is out of their reach: it has no name.
    `may_open`: its lead may be opened. `for_whom`: the person it is meant for, where that is another.
    """

    reminder_id: int
    version: int
    item: DueItem
    state: ReminderState
    is_unread: bool
    is_waiting: bool
    may_answer: bool
    may_open: bool
    is_hidden: bool
    for_whom: str | None
    planned_on: date
    snoozed_until: date | None
    snoozes: int
    note: str | None
    answered_at: datetime | None
    answered_by: str | None
    is_sensitive: bool = False
    trail: tuple[Step, ...] = ()


def _of(actor: Actor, scope: Scope, answering: Collection[int]) -> ColumnElement[bool]:
    """Whose reminders the inbox lists: one's own, the unit's, or everybody's about visible leads."""
    if scope is Scope.MINE:
        return among(Reminder.person_id, sorted(answering))
    seen = or_(Reminder.lead_id.is_(None), may_see(actor))
    if scope is Scope.UNIT:
        unit = select(User.id).where(User.department_id == actor.department_id)
        return and_(Reminder.person_id.in_(unit), seen)
    return seen


def _in(tab: Tab, today: date) -> ColumnElement[bool]:
    if tab is Tab.OPEN:
        return waits(today)
    if tab is Tab.DONE:
        return Reminder.state.in_(CLOSED)
    return and_(Reminder.state.in_(ANSWERED), ~waits(today))


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    answerer = aliased(User)
    return (
        select(
            Reminder.id,
            Reminder.version,
            Reminder.kind,
            Reminder.subject,
            Reminder.step,
            Reminder.due_on,
            Reminder.level,
            Reminder.person_id,
            Reminder.lead_id,
            Reminder.planned_on,
            Reminder.state,
            Reminder.snoozed_until,
            Reminder.snoozes,
            Reminder.note,
            Reminder.answered_at,
            Reminder.seen_at,
            Reminder.delegate_seen_at,
            User.name.label("person"),
            answerer.name.label("answered_by"),
            func.coalesce(Lead.is_sensitive, False).label("is_sensitive"),
            case((Lead.id.is_(None), False), (may_see(actor), True), else_=False).label("may_open"),
        )
        .select_from(Reminder)
        .join(User, User.id == Reminder.person_id)
        .outerjoin(answerer, answerer.id == Reminder.answered_by_id)
        .outerjoin(Lead, Lead.id == Reminder.lead_id)
    )


KIND_ORDER = case(
    {kind: place for place, kind in enumerate(ReminderKind)}, value=Reminder.kind, else_=99
)


def waiting_or_answered(
    actor: Actor, tab: Tab, scope: Scope, today: date, *, by_day: bool = False, page: int = 1
) -> tuple[list[InboxItem], bool]:
    """One page of the open or the answered reminders, and whether there are more.

    By kind, then the longest due first; or by the day they were told.
    """
    answering = answers_for(actor.id, today)
    order = (
        (Reminder.planned_on.desc(), Reminder.due_on, Reminder.id)
        if by_day
        else (KIND_ORDER, Reminder.due_on, Reminder.id)
    )
    statement = (
        _rows(actor)
        .where(_of(actor, scope, answering), _in(tab, today))
        .order_by(*order)
        .limit(SHOWN + 1)
        .offset((page - 1) * SHOWN)
    )
    rows = list(rows_of(statement))
    return _items(actor, rows[:SHOWN], answering, today), len(rows) > SHOWN


def _moment(text: Any) -> datetime:
    """A cursor's moment. Raises ValueError, TypeError for anything else."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


ANSWERED_ORDER = Order("answered_at", Reminder.answered_at, is_descending=True, parse=_moment)


def history(
    actor: Actor, scope: Scope, today: date, cursor: str | None, size: int = 50
) -> tuple[list[InboxItem], Page]:
    """Reminders that are over, the last answered first, page by page. Raises CursorError."""
    answering = answers_for(actor.id, today)
    statement = _rows(actor).where(_of(actor, scope, answering), _in(Tab.DONE, today))
    page = keyset_page(db.session(), statement, ANSWERED_ORDER, Reminder.id, cursor, size)
    return _items(actor, page.rows, answering, today), page


def counts(actor: Actor, scope: Scope, today: date) -> dict[Tab, int]:
    """How many reminders each list holds, no further than `COUNTED` + 1; the history is not counted."""
    answering = answers_for(actor.id, today)

    def counted(tab: Tab) -> ScalarSelect[int]:
        found = (
            select(Reminder.id)
            .select_from(Reminder)
            .outerjoin(Lead, Lead.id == Reminder.lead_id)
            .where(_of(actor, scope, answering), _in(tab, today))
            .limit(COUNTED + 1)
        )
        return select(func.count()).select_from(found.subquery()).scalar_subquery()

    row = db.session.execute(select(counted(Tab.OPEN), counted(Tab.ANSWERED))).one()
    return {Tab.OPEN: row[0], Tab.ANSWERED: row[1]}


def one(actor: Actor, reminder_id: int, today: date) -> InboxItem | None:
    """One reminder this person may answer; None for any other."""
    answering = answers_for(actor.id, today)
    rows = list(
        rows_of(
            _rows(actor).where(
                Reminder.id == reminder_id, among(Reminder.person_id, sorted(answering))
            )
        )
    )
    return _items(actor, rows, answering, today)[0] if rows else None


def _items(
    actor: Actor,
    rows: Sequence[Row[*tuple[Any, ...]]],
    answering: Collection[int],
    today: date,
) -> list[InboxItem]:
    matters = {
        row.id: Matter(
            Due(row.kind, row.subject, row.step, row.due_on, row.lead_id),
            Told(row.person_id, row.level),
        )
        for row in rows
    }
    items = items_of(matters.values(), today)
    trails = trails_of(_key(row) for row in rows if row.level is not Level.OWNER)
    return [
        InboxItem(
            reminder_id=row.id,
            version=row.version,
            item=items[matters[row.id]],
            state=row.state,
            is_unread=_seen_by(actor, row) is None
            and is_waiting(row.state, row.snoozed_until, today),
            is_waiting=is_waiting(row.state, row.snoozed_until, today),
            may_answer=row.person_id in answering,
            may_open=bool(row.may_open),
            is_hidden=_is_hidden(row),
            is_sensitive=bool(row.is_sensitive),
            for_whom=None if row.person_id == actor.id else row.person,
            planned_on=row.planned_on,
            snoozed_until=row.snoozed_until,
            snoozes=row.snoozes,
            note=row.note,
            answered_at=row.answered_at,
            answered_by=row.answered_by,
            trail=below(trails.get(_key(row), ()), row.level),
        )
        for row in rows
    ]


def _seen_by(actor: Actor, row: Row[*tuple[Any, ...]]) -> datetime | None:
    """When this reader looked at it; of another's matter, when a delegate did."""
    seen: datetime | None = row.seen_at if row.person_id == actor.id else row.delegate_seen_at
    return seen


def _is_hidden(row: Row[*tuple[Any, ...]]) -> bool:
    return row.lead_id is not None and names_nothing(
        row.kind, is_sensitive=bool(row.is_sensitive), may_see_lead=bool(row.may_open)
    )


def _key(row: Row[*tuple[Any, ...]]) -> MatterKey:
    return row.subject, row.kind, row.step, row.due_on
