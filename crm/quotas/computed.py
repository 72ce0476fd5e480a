"""What our own records say of an indicator, beside or instead of the official figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, cast, extract, func, literal, select, union_all

from crm.accounts.rules import Actor
from crm.chains.models import Chain
from crm.core.db import planned_once, rows_of
from crm.leads.models import Lead, Milestone
from crm.leads.queries import EVENT_DAY, STATEMENTS_KEPT, first_reaches
from crm.leads.rules import ChainRole, MilestoneKind
from crm.leads.rules.filters import NONE, LeadFilter
from crm.quotas.models import Quota
from crm.quotas.queries import reach
from crm.quotas.rules import Universe

LAND = "land_supplied_mu"
EVENTS = {"started": MilestoneKind.STARTED, "registered": MilestoneKind.REGISTERED}


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the number with the leads behind it; `name` tells it from the others."""

    value: Decimal
    behind: LeadFilter
    name: str = ""
    name_en: str | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """What stands in our records by a day: the parts add up to the value.

    `unstated` are leads that would be counted if their role on the chain were stated as the one
    the indicator asks for; they are no part of the value. `by_month` holds the cumulative
    value at the end of each month that brought something.
    """

    parts: tuple[Part, ...]
    by_month: dict[date, Decimal]
    unstated: tuple[Part, ...] = ()

    @property
    def value(self) -> Decimal:
        return sum((part.value for part in self.parts), Decimal(0))

    def by(self, month: date) -> Decimal:
        """The cumulative value at the end of a month."""
        return next(
            (value for known, value in reversed(self.by_month.items()) if known <= month),
            Decimal(0),
        )


def milestone_of(quota: Quota) -> MilestoneKind | None:
    """The milestone that our records count for the indicator; None where we hold no such facts.

    Started projects, firms registered on named chains (in one role there, where the indicator names
    one), and land supplied to projects of ours.
    """
    if quota.universe == Universe.KEY_PROJECTS:
        return EVENTS.get(quota.event or "")
    if quota.universe == Universe.ENTERPRISES and quota.chain_codes:
        return EVENTS.get(quota.event or "")
    if quota.universe == Universe.PARCELS and quota.field == LAND:
        return MilestoneKind.LAND_SUPPLIED
    return None


def computed(actor: Actor, quotas: Sequence[Quota], on: date) -> dict[int, Computed]:
    """By the id of the indicator, for those that our records can tell of: two queries, whatever the
    number of leads. Whoever sees a part of the district gets that part."""
    wanted = {
        quota.id: (kind, quota.opens, min(on, quota.closes))
        for quota in quotas
        if (kind := milestone_of(quota)) is not None
    }
    if not wanted:
        return {}
    months = _by_month(actor, tuple(sorted(set(wanted.values()))))
    chains: dict[str, Any] = {}
    if any(quota.chain_codes for quota in quotas):
        found = rows_of(select(Chain.code, Chain.id, Chain.name, Chain.name_en))
        chains = {row.code: row for row in found}
    return {
        quota.id: _computed(quota, wanted[quota.id], months[wanted[quota.id]], chains)
        for quota in quotas
        if quota.id in wanted
    }


Span = tuple[MilestoneKind, date, date]
"""An event, and the first and last day on which it is counted."""


@dataclass(frozen=True, slots=True)
class _Month:
    month: date
    chain_id: int | None
    chain_role: ChainRole | None
    count: Decimal
    land_mu: Decimal


def _by_month(actor: Actor, spans: tuple[Span, ...]) -> dict[Span, list[_Month]]:
    found: dict[Span, list[_Month]] = {span: [] for span in spans}
    for place, month, chain_id, chain_role, count, land_mu in rows_of(
        _counting_months(actor, spans)
    ):
        found[spans[place]].append(
            _Month(
                date((month - 1) // 12, (month - 1) % 12 + 1, 1),
                chain_id,
                chain_role,
                Decimal(count),
                Decimal(str(land_mu)),
            )
        )
    for months in found.values():
        months.sort(key=lambda each: each.month)
    return found


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counting_months(actor: Actor, spans: tuple[Span, ...]) -> Any:
    """Rows of (place of the span, month, chain, role on it, leads, land), for all spans in one
    statement; months are counted through, twelve a year."""
    month = cast(extract("year", EVENT_DAY) * 12 + extract("month", EVENT_DAY), Integer)
    within = reach(actor)
    parts = []
    for place, (kind, since, until) in enumerate(spans):
        part = (
            select(
                literal(place),
                month,
                Lead.chain_id,
                Lead.chain_role,
                func.count(),
                func.coalesce(func.sum(Lead.land_mu), 0)
                if kind is MilestoneKind.LAND_SUPPLIED
                else literal(0),
            )
            .join(Lead, Lead.id == Milestone.lead_id)
            .where(first_reaches(kind), EVENT_DAY.between(since, until))
            .group_by(month, Lead.chain_id, Lead.chain_role)
        )
        parts.append(part if within is None else part.where(within))
    return planned_once(union_all(*parts))


def _computed(
    quota: Quota,
    span: Span,
    rows: Sequence[_Month],
    chains: Mapping[str, Any],
) -> Computed:
    kind, since, until = span
    behind = LeadFilter(milestone=kind, since=since, until=until)
    is_land = kind is MilestoneKind.LAND_SUPPLIED

    def value(row: _Month) -> Decimal:
        return row.land_mu if is_land else row.count

    def part(found: Sequence[_Month], shown: LeadFilter, chain: Any = None) -> Part:
        total = sum(map(value, found), Decimal(0))
        return Part(total, shown, chain.name, chain.name_en) if chain else Part(total, shown)

    unstated: list[Part] = []
    if quota.chain_codes:
        named = [chains[code] for code in quota.chain_codes if code in chains]
        role = ChainRole(quota.role) if quota.role else None
        parts = []
        counted = []
        for chain in named:
            on_chain = [row for row in rows if row.chain_id == chain.id]
            of_chain = replace(behind, chain=chain.id)
            if role is not None:
                open_rows = [row for row in on_chain if row.chain_role is None]
                if open_rows:
                    unstated.append(part(open_rows, replace(of_chain, chain_role=NONE), chain))
                on_chain = [row for row in on_chain if row.chain_role is role]
                of_chain = replace(of_chain, chain_role=role)
            parts.append(part(on_chain, of_chain, chain))
            counted += on_chain
        rows = sorted(counted, key=lambda each: each.month)
    else:
        parts = [part(rows, behind)]
    by_month: dict[date, Decimal] = {}
    so_far = Decimal(0)
    for row in rows:
        so_far += value(row)
        by_month[row.month] = so_far
    return Computed(tuple(parts), by_month, tuple(unstated))
