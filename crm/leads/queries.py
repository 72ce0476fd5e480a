"""Reading leads: the list, what is counted of it, and everything one lead's page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain, Segment
from crm.core import search
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.lists import Order, Page, capped_count, keyset_page
from crm.enterprises.models import Contact, Enterprise
from crm.history.models import AuditEvent
from crm.leads.access import may_edit, may_see
from crm.leads.models import (
    Activity,
    Attachment,
    Figure,
    Lead,
    LeadMember,
    Milestone,
    StageChange,
)
from crm.leads.rules import IN_TALKS, OPEN_STAGES
from crm.leads.rules.filters import NEEDS_NEXT_ACTION, NONE, Due, LeadFilter, Quiet, Sort
from crm.leads.rules.quiet import DEFAULT_QUIET_LIMITS, QuietLimits, quiet_days
from crm.places.models import Carrier, Street, Zone

# Name, column, downwards, whether rows may lack a value.
ORDERS: dict[Sort, Order] = {
    Sort.PROGRESS: Order("progress", Lead.last_progress_on, True, date.fromisoformat, False),
    Sort.AMOUNT: Order("amount", Lead.investment_yuan, True, int),
    Sort.DUE: Order("due", Lead.next_action_on, False, date.fromisoformat),
    Sort.NEWEST: Order("newest", Lead.id, True, int, False),
}


def leads_matching(
    actor: Actor,
    wanted: LeadFilter,
    today: date,
    *,
    judged: Select[tuple[int]] | None = None,
) -> Select[tuple[int]]:
    """The ids of the leads this person sees that match the filter: list and counter alike.

    `judged` are the lead ids that the filter's quota, year, verdict and event mean; they stand in
    a feature above this one. Raises ValueError when a filter with a quota comes without them.
    """
    if wanted.quota is not None and judged is None:
        raise ValueError("a filter by quota needs the leads that quota judged")
    statement = select(Lead.id).where(may_see(actor), *_conditions(wanted, today))
    if judged is not None:
        statement = statement.where(Lead.id.in_(judged))
    return statement


def _conditions(wanted: LeadFilter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.q:
        found.append(search.contains(Lead.search_text, wanted.q))
    if wanted.stages:
        found.append(Lead.stage.in_(wanted.stages))
    for column, value in (
        (Lead.chain_id, wanted.chain),
        (Lead.segment_id, wanted.segment),
        (Lead.owner_id, wanted.owner),
        (Lead.department_id, wanted.department),
    ):
        if value is not None:
            found.append(column.is_(None) if value == NONE else column == value)
    if wanted.amount_from is not None:
        found.append(Lead.investment_yuan >= wanted.amount_from)
    if wanted.amount_to is not None:
        found.append(Lead.investment_yuan <= wanted.amount_to)
    if wanted.due is not None:
        found.append(due_condition(wanted.due, today))
    if wanted.quiet is not None:
        found.append(quiet_condition(wanted.quiet, today))
    if wanted.sensitive is not None:
        found.append(Lead.is_sensitive.is_(wanted.sensitive))
    return found


def due_condition(due: Due, today: date) -> ColumnElement[bool]:
    """Leads still worked on whose next action is due so, or missing."""
    if due is Due.NONE:
        return and_(Lead.stage.in_(NEEDS_NEXT_ACTION), Lead.next_action_on.is_(None))
    open_lead = Lead.stage.in_(OPEN_STAGES)
    if due is Due.OVERDUE:
        return and_(open_lead, Lead.next_action_on < today)
    if due is Due.NOW:
        return and_(open_lead, Lead.next_action_on <= today)
    sunday = today + timedelta(days=6 - today.weekday())
    return and_(open_lead, Lead.next_action_on.between(today, sunday))


def quiet_condition(
    quiet: Quiet, today: date, limits: QuietLimits = DEFAULT_QUIET_LIMITS
) -> ColumnElement[bool]:
    """Leads whose light is one of those meant, by the days the rule gives for each light."""
    spans = [quiet_days(light, limits) for light in quiet.lights]
    least, below = spans[0][0], spans[-1][1]
    newest = Lead.last_progress_on <= today - timedelta(days=least)
    oldest = true() if below is None else Lead.last_progress_on > today - timedelta(days=below)
    return and_(Lead.stage.in_(IN_TALKS), newest, oldest)


_LISTED = (
    Lead.id,
    Lead.title,
    Lead.stage,
    Lead.investment_yuan,
    Lead.investment_text,
    Lead.chain_id,
    Lead.department_id,
    Lead.next_action,
    Lead.next_action_on,
    Lead.last_progress_on,
    Lead.is_sensitive,
    Enterprise.name.label("investor"),
    User.name.label("owner"),
)


def lead_page(matching: Select[tuple[int]], wanted: LeadFilter, cursor: str | None) -> Page:
    """One page of the leads `leads_matching` gave, in the filter's order. Raises CursorError."""
    order = ORDERS[wanted.sort]
    if wanted.is_reversed:
        order = order.reversed()
    statement = (
        matching.with_only_columns(*_LISTED)
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .outerjoin(User, User.id == Lead.owner_id)
    )
    return keyset_page(db.session(), statement, order, Lead.id, cursor)


def count_leads(matching: Select[tuple[int]]) -> int:
    """How many there are, counted no further than "1000+"."""
    return capped_count(db.session(), matching)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list of leads can be narrowed to: (id, name, English name) in their own order."""

    chains: Sequence[tuple[int, str, str | None]]
    departments: Sequence[tuple[int, str, str | None]]
    people: Sequence[tuple[int, str, str | None]]
    segment: tuple[int, str, str | None] | None


def choices(actor: Actor, segment_id: int | None = None) -> Choices:
    """The filter's pick lists in one query; whoever sees one unit only is offered its people."""
    chains = select(
        literal("chain"), Chain.id, Chain.name, Chain.name_en, Chain.position.label("place")
    )
    departments = select(
        literal("department"), Department.id, Department.name, Department.name_en,
        Department.position,
    )  # fmt: skip
    people = select(literal("person"), User.id, User.name, null(), literal(0)).where(
        User.is_active, User.role.in_((Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR))
    )
    if not actor.sees_all and actor.department_id:
        people = people.where(User.department_id == actor.department_id)
    parts = [chains, departments, people]
    if segment_id:
        parts.append(
            select(
                literal("segment"), Segment.id, Segment.name, Segment.name_en, Segment.position
            ).where(Segment.id == segment_id)
        )
    found: dict[str, list[tuple[int, str, str | None, int]]] = {}
    for kind, *rest in db.session.execute(union_all(*parts)):
        found.setdefault(kind, []).append((rest[0], rest[1], rest[2], rest[3]))

    def ordered(kind: str) -> list[tuple[int, str, str | None]]:
        rows = sorted(found.get(kind, ()), key=lambda row: (row[3], row[1] if kind == "person" else "", row[0]))
        return [row[:3] for row in rows]

    return Choices(
        ordered("chain"),
        ordered("department"),
        ordered("person"),
        next(iter(ordered("segment")), None),
    )
