"""Reading what is due, how the mails fare and which days are worked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.leads.access import may_see
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import OPEN_STAGES, MembershipKind, Stage
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryKind, Problem, why_not_mail
from crm.reminders.rules import DueKind, Scope, days_overdue, falls_due


@dataclass(frozen=True, slots=True)
class DueItem:
    """One lead whose next action is due."""

    lead_id: int
    title: str
    investor: str | None
    stage: Stage
    next_action: str | None
    due_on: date
    kind: DueKind
    days_overdue: int


@dataclass(frozen=True, slots=True)
class DueMail:
    """What one person is to be told: oldest item first. `problem`: why no mail can go to them."""

    person_id: int
    name: str
    address: str | None
    locale: str
    problem: Problem | None
    items: tuple[DueItem, ...]


# --- what is due ---


def _due(on: date) -> ColumnElement[bool]:
    """The leads `falls_due` may say yes to; it has the last word on every row."""
    return and_(Lead.next_action_on <= on, Lead.stage.in_(OPEN_STAGES))


def _told_to_owner() -> ColumnElement[bool]:
    """A sensitive lead is told in a mail only to an owner on its named list."""
    named = exists().where(
        LeadMember.lead_id == Lead.id,
        LeadMember.user_id == Lead.owner_id,
        LeadMember.kind == MembershipKind.NAMED,
    )
    return or_(Lead.is_sensitive.is_(False), named)


def due_mails(on: date, person_id: int | None = None) -> tuple[DueMail, ...]:
    """Everybody who owns due leads on that day, with those leads: one SELECT. Facts as known now."""
    statement = (
        select(
            User.id.label("person_id"),
            User.name,
            User.email,
            User.is_active,
            User.locale,
            *_ITEM,
        )
        .select_from(Lead)
        .join(User, User.id == Lead.owner_id)
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .where(_due(on), _told_to_owner())
        .order_by(User.id, Lead.next_action_on, Lead.id)
    )
    if person_id is not None:
        statement = statement.where(User.id == person_id)
    mails = []
    for _person_id, rows in groupby(db.session.execute(statement), lambda row: row.person_id):
        own = list(rows)
        if items := tuple(item for row in own if (item := _item(row, on))):
            mails.append(
                DueMail(
                    person_id=own[0].person_id,
                    name=own[0].name,
                    address=own[0].email,
                    locale=own[0].locale,
                    problem=why_not_mail(own[0].email, own[0].is_active),
                    items=items,
                )
            )
    return tuple(mails)


_ITEM = (
    Lead.id.label("lead_id"),
    Lead.title,
    Enterprise.name.label("investor"),
    Lead.stage,
    Lead.next_action,
    Lead.next_action_on,
)


def _item(row: Row[*tuple[Any, ...]], on: date) -> DueItem | None:
    kind = falls_due(row.stage, row.next_action_on, on)
    if kind is None:
        return None
    return DueItem(
        lead_id=row.lead_id,
        title=row.title,
        investor=row.investor,
        stage=row.stage,
        next_action=row.next_action,
        due_on=row.next_action_on,
        kind=kind,
        days_overdue=days_overdue(row.next_action_on, on),
    )


def people_to_plan(on: date) -> Sequence[int]:
    """Ids of the people with due leads and an address whose mail of that day is not planned yet."""
    planned = exists().where(
        Delivery.kind == DeliveryKind.DUE_DIGEST,
        Delivery.person_id == User.id,
        Delivery.due_on == on,
    )
    owns_due = exists().where(Lead.owner_id == User.id, _due(on), _told_to_owner())
    statement = (
        select(User.id, User.email, User.is_active)
        .where(User.is_active, User.email.is_not(None), owns_due, ~planned)
        .order_by(User.id)
    )
    return [row.id for row in db.session.execute(statement) if not why_not_mail(row[1], row[2])]


def people_without_mail(on: date) -> tuple[DueMail, ...]:
    """Those who have due leads but to whom no mail can go, for the administrator."""
    return tuple(mail for mail in due_mails(on) if mail.problem)


# --- what a person sees on the page ---


SCOPES_OF = {
    Role.STAFF: (Scope.MINE,),
    Role.UNIT_HEAD: (Scope.MINE, Scope.UNIT),
    Role.DIRECTOR: (Scope.MINE, Scope.ALL),
    Role.DISTRICT_LEADER: (Scope.ALL,),
    Role.AUDITOR: (Scope.ALL,),
}
SHOWN = 100


@dataclass(frozen=True, slots=True)
class PageItem:
    """A due or coming next action on the page, with who has to do it."""

    item: DueItem
    owner: str | None
    department: str | None


def _reach(actor: Actor, scope: Scope) -> ColumnElement[bool]:
    if scope is Scope.MINE:
        return may_see(actor) & (Lead.owner_id == actor.id)
    if scope is Scope.UNIT:
        return may_see(actor) & (Lead.department_id == actor.department_id)
    return may_see(actor)


def _page(actor: Actor, scope: Scope, when: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(*_ITEM, User.name.label("owner"), Department.name.label("department"))
        .select_from(Lead)
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Department, Department.id == Lead.department_id)
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .where(_reach(actor, scope), when, Lead.stage.in_(OPEN_STAGES))
        .order_by(Lead.next_action_on, Lead.id)
        .limit(SHOWN + 1)
    )


def due_for(actor: Actor, scope: Scope, today: date) -> tuple[list[PageItem], list[PageItem]]:
    """(overdue, due today) next actions this person may see, each capped at SHOWN + 1."""
    return (
        _page_items(_page(actor, scope, Lead.next_action_on < today), today),
        _page_items(_page(actor, scope, Lead.next_action_on == today), today),
    )


def coming_for(actor: Actor, scope: Scope, today: date, days: int = 7) -> list[PageItem]:
    """Next actions of the coming days, today left out, capped at SHOWN + 1."""
    until = today + timedelta(days=days)
    when = and_(Lead.next_action_on > today, Lead.next_action_on <= until)
    return _page_items(_page(actor, scope, when), until)


def _page_items(statement: Select[*tuple[Any, ...]], on: date) -> list[PageItem]:
    rows = db.session.execute(statement)
    return [
        PageItem(item, row.owner, row.department)
        for row in rows
        if (item := _item(row, on)) is not None
    ]
