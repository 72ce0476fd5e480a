"""Rows of the list of leads, page by page, and what a list can be narrowed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, bindparam, literal, null, select, union_all

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain, Segment
from crm.core.db import db, rows_of
from crm.core.lists import Order, Page, first, keyset_page, whole
from crm.enterprises.models import Enterprise
from crm.leads.models import Lead
from crm.leads.queries.matching import STATEMENTS_KEPT, leads_matching
from crm.leads.rules import QuietLights
from crm.leads.rules.filters import LeadFilter, Sort
from crm.places.models import Zone

# Name, column, downwards, whether rows may lack a value.
ORDERS: dict[Sort, Order] = {
    Sort.PROGRESS: Order("progress", Lead.last_progress_on, True, date.fromisoformat, False),
    Sort.AMOUNT: Order("amount", Lead.investment_yuan, True, whole),
    Sort.DUE: Order("due", Lead.next_action_on, False, date.fromisoformat),
    Sort.NEWEST: Order("newest", Lead.id, True, whole, False),
}


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
    Lead.is_headquarters,
    Lead.is_sensitive,
    # Looked up for the rows of the page alone; a join would look them up for every match.
    select(Enterprise.name)
    .where(Enterprise.id == Lead.investor_id)
    .scalar_subquery()
    .label("investor"),
    select(User.name).where(User.id == Lead.owner_id).scalar_subquery().label("owner"),
)


def lead_page(matching: Select[int], wanted: LeadFilter, cursor: str | None) -> Page:
    """One page of the leads `leads_matching` gave, in the filter's order. Raises CursorError."""
    order = ORDERS[wanted.sort]
    if wanted.is_reversed:
        order = order.reversed()
    statement = matching.with_only_columns(*_LISTED)
    return keyset_page(db.session(), statement, order, Lead.id, cursor)


def first_leads(
    actor: Actor,
    wanted: Sequence[LeadFilter],
    today: date,
    limit: int,
    *,
    lights: QuietLights | None = None,
) -> list[list[Any]]:
    """The first rows of several lists, each in its order, with the columns of `lead_page`; one SELECT.

    All rows of a list have what it is sorted by. `lights`: see `leads_matching`.
    """
    found: list[list[Any]] = [[] for _ in wanted]
    for row in rows_of(_first_leads(actor, tuple(wanted), today, limit, lights)):
        found[row.list].append(row)
    # A union promises no order of its rows.
    for each, rows in zip(wanted, found, strict=True):
        order, is_falling = _order_of(each)
        by = attrgetter(order.column.key, "id")
        rows.sort(key=by, reverse=is_falling)
    return found


def _order_of(wanted: LeadFilter) -> tuple[Order, bool]:
    """The order of a list, and whether it falls."""
    order = ORDERS[wanted.sort]
    return order, order.is_descending != wanted.is_reversed


@lru_cache(maxsize=STATEMENTS_KEPT)
def _first_leads(
    actor: Actor,
    wanted: tuple[LeadFilter, ...],
    today: date,
    limit: int,
    lights: QuietLights | None,
) -> Any:
    parts = []
    for place, each in enumerate(wanted):
        order, is_falling = _order_of(each)
        column = order.column.desc() if is_falling else order.column
        by_id = Lead.id.desc() if is_falling else Lead.id
        rows = (
            leads_matching(actor, each, today, lights=lights)
            .with_only_columns(literal(place).label("list"), *_LISTED)
            .order_by(column, by_id)
            .limit(first(limit))
            .subquery()
        )
        parts.append(select(rows))
    return union_all(*parts)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list of leads can be narrowed to: (id, name, English name) in their own order."""

    chains: Sequence[tuple[int, str, str | None]]
    departments: Sequence[tuple[int, str, str | None]]
    people: Sequence[tuple[int, str, str | None]]
    segment: tuple[int, str, str | None] | None
    sponsor: tuple[int, str, str | None] | None = None
    zone: tuple[int, str, str | None] | None = None


@lru_cache(maxsize=16)
def _choices_statement(
    *, is_whole: bool, with_segment: bool, with_sponsor: bool, with_zone: bool
) -> Any:
    chains = select(
        literal("chain"), Chain.id, Chain.name, Chain.name_en, Chain.position.label("place")
    )
    departments = select(
        literal("department"),
        Department.id,
        Department.name,
        Department.name_en,
        Department.position,
    )
    people = select(literal("person"), User.id, User.name, null(), literal(0)).where(
        User.is_active, User.role.in_((Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR))
    )
    if not is_whole:
        people = people.where(User.department_id == bindparam("unit"))
    parts: list[Any] = [chains, departments, people]
    if with_segment:
        parts.append(
            select(
                literal("segment"), Segment.id, Segment.name, Segment.name_en, Segment.position
            ).where(Segment.id == bindparam("segment"))
        )
    if with_sponsor:
        parts.append(
            select(literal("sponsor"), User.id, User.name, null(), literal(0)).where(
                User.id == bindparam("sponsor")
            )
        )
    if with_zone:
        parts.append(
            select(literal("zone"), Zone.id, Zone.name, Zone.name_en, Zone.position).where(
                Zone.id == bindparam("zone")
            )
        )
    return union_all(*parts)


def choices(
    actor: Actor,
    segment_id: int | None = None,
    sponsor_id: int | None = None,
    zone_id: int | None = None,
) -> Choices:
    """The filter's pick lists in one query; whoever sees one unit only is offered its people.

    Segment, sponsor and cluster area have no list: only the one asked for is named.
    """
    is_whole = actor.sees_all or not actor.department_id
    statement = _choices_statement(
        is_whole=is_whole,
        with_segment=bool(segment_id),
        with_sponsor=bool(sponsor_id),
        with_zone=bool(zone_id),
    )
    values = {
        "unit": actor.department_id,
        "segment": segment_id,
        "sponsor": sponsor_id,
        "zone": zone_id,
    }
    found: dict[str, list[Any]] = {}
    for kind, *rest in rows_of(statement, values):
        found.setdefault(kind, []).append(rest)

    def ordered(kind: str) -> list[tuple[int, str, str | None]]:
        rows = sorted(
            found.get(kind, ()),
            key=lambda row: (row[3], row[1] if kind == "person" else "", row[0]),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    return Choices(
        ordered("chain"),
        ordered("department"),
        ordered("person"),
        *(next(iter(ordered(kind)), None) for kind in ("segment", "sponsor", "zone")),
    )
