"""What our own records say of an indicator, beside or instead of the official figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, extract, func, select

from crm.accounts.rules import Actor
from crm.chains.models import Chain
from crm.core.db import rows_of
from crm.leads.models import Lead
from crm.leads.queries import STATEMENTS_KEPT, first_reached
from crm.leads.rules import MilestoneKind
from crm.leads.rules.filters import LeadFilter
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

    `by_month` holds the cumulative value at the end of each month that brought something.
    """

    parts: tuple[Part, ...]
    by_month: dict[date, Decimal]

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

    Started projects, firms registered on named chains, and land supplied to projects of ours.
    """
    if quota.universe == Universe.KEY_PROJECTS:
        return EVENTS.get(quota.event or "")
    if quota.universe == Universe.ENTERPRISES and quota.chain_codes:
        return EVENTS.get(quota.event or "")
    if quota.universe == Universe.PARCELS and quota.field == LAND:
        return MilestoneKind.LAND_SUPPLIED
    return None


def computed(actor: Actor, quotas: Sequence[Quota], on: date) -> dict[int, Computed]:
    """By the id of the indicator, for those that our records can tell of: a query for each kind of
    milestone, whatever the number of leads. Whoever sees a part of the district gets that part."""
    found: dict[int, Computed] = {}
    read: dict[tuple[MilestoneKind, date, date], list[_Month]] = {}
    chains: dict[str, Any] = {}
    for quota in quotas:
        kind = milestone_of(quota)
        if kind is None:
            continue
        span = (quota.opens, min(on, quota.closes))
        rows = read.get((kind, *span))
        if rows is None:
            rows = read[kind, *span] = _by_month(actor, kind, *span)
        if quota.chain_codes and not chains:
            found_chains = rows_of(select(Chain.code, Chain.id, Chain.name, Chain.name_en))
            chains = {row.code: row for row in found_chains}
        found[quota.id] = _computed(quota, kind, span, rows, chains)
    return found


@dataclass(frozen=True, slots=True)
class _Month:
    month: date
    chain_id: int | None
    count: Decimal
    land_mu: Decimal


def _by_month(actor: Actor, kind: MilestoneKind, since: date, until: date) -> list[_Month]:
    return [
        _Month(date(int(row[0]), int(row[1]), 1), row[2], Decimal(row[3]), Decimal(str(row[4])))
        for row in rows_of(_counting_months(actor, kind, since, until))
    ]


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counting_months(actor: Actor, kind: MilestoneKind, since: date, until: date) -> Select[Any]:
    reached = first_reached(kind)
    year, month = extract("year", reached.c.first_on), extract("month", reached.c.first_on)
    statement: Select[Any] = (
        select(year, month, Lead.chain_id, func.count(), func.coalesce(func.sum(Lead.land_mu), 0))
        .join(reached, reached.c.lead_id == Lead.id)
        .where(reached.c.first_on.between(since, until))
        .group_by(year, month, Lead.chain_id)
        .order_by(year, month)
    )
    within = reach(actor)
    return statement if within is None else statement.where(within)


def _computed(
    quota: Quota,
    kind: MilestoneKind,
    span: tuple[date, date],
    rows: Sequence[_Month],
    chains: Mapping[str, Any],
) -> Computed:
    behind = LeadFilter(milestone=kind, since=span[0], until=span[1])
    is_land = kind is MilestoneKind.LAND_SUPPLIED

    def value(row: _Month) -> Decimal:
        return row.land_mu if is_land else row.count

    if quota.chain_codes:
        named = [chains[code] for code in quota.chain_codes if code in chains]
        ids = {chain.id for chain in named}
        rows = [row for row in rows if row.chain_id in ids]
        parts = tuple(
            Part(
                sum((value(row) for row in rows if row.chain_id == chain.id), Decimal(0)),
                replace(behind, chain=chain.id),
                chain.name,
                chain.name_en,
            )
            for chain in named
        )
    else:
        parts = (Part(sum(map(value, rows), Decimal(0)), behind),)
    by_month: dict[date, Decimal] = {}
    so_far = Decimal(0)
    for row in rows:
        so_far += value(row)
        by_month[row.month] = so_far
    return Computed(parts, by_month)
