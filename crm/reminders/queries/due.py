"""The next actions a person may see on the page of reminders."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.leads.rules import OPEN_STAGES
from crm.reminders.queries.mails import DueItem
from crm.reminders.rules import Scope, days_overdue, falls_due

SCOPES_OF = {
    Role.STAFF: (Scope.MINE,),
    Role.UNIT_HEAD: (Scope.MINE, Scope.UNIT),
    Role.DIRECTOR: (Scope.MINE, Scope.ALL),
    Role.DISTRICT_LEADER: (Scope.ALL,),
    Role.AUDITOR: (Scope.ALL,),
}
SHOWN = 100


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
        detail=row.next_action,
        due_on=row.next_action_on,
        days_overdue=days_overdue(row.next_action_on, on),
    )


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
