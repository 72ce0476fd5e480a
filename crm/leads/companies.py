"""What the leads tell about companies: which of them a person sees, and what was done without one.

Companies stand below leads and know nothing of them; their pages ask here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, func, not_, or_, select, true

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.leads.access import may_see
from crm.leads.models import Activity, Lead

LEADS_SHOWN = 50
ACTIVITIES_SHOWN = 50


def concerns(enterprise_id: int) -> ColumnElement[bool]:
    """Leads in which a company is the investor, the ranked company above it or the local entity."""
    return or_(
        Lead.investor_id == enterprise_id,
        Lead.list_enterprise_id == enterprise_id,
        Lead.legal_entity_id == enterprise_id,
    )


def sees_a_lead_of(actor: Actor, enterprise_id: int) -> bool:
    statement = select(Lead.id).where(concerns(enterprise_id), may_see(actor)).limit(1)
    return db.session.scalar(statement) is not None


def leads_of(actor: Actor, enterprise_id: int) -> Sequence[Any]:
    """The leads of a company this person sees, the latest moved first; at most 50."""
    statement = (
        select(
            Lead.id,
            Lead.title,
            Lead.stage,
            Lead.investor_id,
            Lead.legal_entity_id,
            Lead.investment_yuan,
            Lead.investment_text,
            Lead.last_progress_on,
            Lead.is_sensitive,
            User.name.label("owner"),
            Department.name.label("department"),
        )
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(concerns(enterprise_id), may_see(actor))
        .order_by(Lead.last_progress_on.desc(), Lead.id.desc())
        .limit(LEADS_SHOWN)
    )
    return db.session.execute(statement).all()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Leads of a company a person may not see: how many, and whom to ask. Nothing else."""

    count: int
    department: str | None
    """None: ask the bureau's leaders (a sensitive lead, or one without a unit)."""


def leads_elsewhere(actor: Actor, enterprise_id: int) -> list[Elsewhere]:
    """The leads of a company this person does not see, by unit; sensitive ones name no unit."""
    statement = (
        select(Lead.is_sensitive, Department.name, func.count())
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(concerns(enterprise_id), not_(may_see(actor)))
        .group_by(Lead.is_sensitive, Department.name)
        .order_by(func.count().desc(), Department.name)
    )
    named: list[Elsewhere] = []
    unnamed = 0
    for is_sensitive, unit, count in db.session.execute(statement):
        if is_sensitive or unit is None:
            unnamed += count
        else:
            named.append(Elsewhere(count, unit))
    return [*named, Elsewhere(unnamed, None)] if unnamed else named


def lead_counts(actor: Actor, enterprise_ids: Collection[int]) -> dict[int, int]:
    """How many leads with each of these companies as investor this person sees."""
    if not enterprise_ids:
        return {}
    statement = (
        select(Lead.investor_id, func.count())
        .where(Lead.investor_id.in_(enterprise_ids), may_see(actor))
        .group_by(Lead.investor_id)
    )
    return {enterprise_id: n for enterprise_id, n in db.session.execute(statement) if enterprise_id}


def activities_of(actor: Actor, enterprise_id: int) -> Sequence[Any]:
    """Calls and visits at a company, the latest first; at most 50.

    On a lead: for those who see it. Without one: for the unit of whoever went, and for bureau
    leaders and the auditor.
    """
    told = (
        select(
            Activity.id,
            Activity.lead_id,
            Activity.kind,
            Activity.happened_on,
            Activity.summary,
            Activity.contact_name,
            Activity.next_action,
            Activity.next_action_on,
            Activity.returned_on,
            Activity.reported_on,
            Activity.by_id,
            Lead.title.label("lead_title"),
            User.name.label("by_name"),
        )
        .outerjoin(Lead, Lead.id == Activity.lead_id)
        .outerjoin(User, User.id == Activity.by_id)
        .order_by(Activity.happened_on.desc(), Activity.id.desc())
        .limit(ACTIVITIES_SHOWN)
    )
    # Two statements, for an OR across the two ways would use no index.
    without_lead = told.where(
        Activity.lead_id.is_(None),
        Activity.enterprise_id == enterprise_id,
        _of_ones_unit(actor),
    )
    on_leads = told.where(concerns(enterprise_id), may_see(actor))
    found = [*db.session.execute(without_lead), *db.session.execute(on_leads)]
    found.sort(key=lambda row: (row.happened_on, row.id), reverse=True)
    return found[:ACTIVITIES_SHOWN]


def _of_ones_unit(actor: Actor) -> ColumnElement[bool]:
    if actor.sees_all:
        return true()
    if actor.role not in {Role.STAFF, Role.UNIT_HEAD}:
        return false()
    own = Activity.by_id == actor.id
    return or_(own, User.department_id == actor.department_id) if actor.department_id else own
