"""The statements that count what stands at segments. Each is put together once for a chain and a day."""

from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from crm.accounts.models import Department, User
from crm.chains.models import AnchorNeed, Chain, ChainGroup, Presence, Segment
from crm.chains.rules.presence import stale_before
from crm.coverage.rules import COMING, LANDED
from crm.leads.models import Lead, Milestone, StageChange
from crm.leads.models import among as at_stages
from crm.leads.queries import EVENT_DAY, first_reaches
from crm.leads.rules import MilestoneKind, Stage
from crm.outlook.models import ForecastRun

KEPT = 64
"""So many statements of a kind are kept; a district has some ten chains."""

NEWEST_FORECAST = (
    select(ForecastRun.parameters, ForecastRun.made_on)
    .order_by(ForecastRun.week_of.desc(), ForecastRun.id.desc())
    .limit(1)
)


def _on(chain_id: int | None) -> ColumnElement[bool]:
    return true() if chain_id is None else Segment.chain_id == chain_id


@lru_cache(KEPT)
def chain_rows(chain_id: int | None) -> Select[*tuple[Any, ...]]:
    """Chains and tracks that are not retired, in their order."""
    statement = (
        select(
            Chain.id, Chain.code, Chain.name, Chain.name_en, Chain.kind, Chain.anchor,
            Chain.confirmed_on, Chain.version, Chain.leader_id, User.name.label("leader"),
            Department.name.label("department"),
        )
        .outerjoin(User, User.id == Chain.leader_id)
        .outerjoin(Department, Department.id == Chain.department_id)
        .where(Chain.retired_on.is_(None))
        .order_by(Chain.position, Chain.id)
    )  # fmt: skip
    return statement if chain_id is None else statement.where(Chain.id == chain_id)


@lru_cache(KEPT)
def segment_rows(chain_id: int | None) -> Select[*tuple[Any, ...]]:
    """Segments that are not retired, chain by chain in their order, each with its group."""
    return (
        select(
            Segment.id, Segment.chain_id, Segment.parent_id, Segment.code, Segment.name,
            Segment.name_en, Segment.tier, Segment.layout, Segment.is_key, Segment.weight,
            Segment.version, ChainGroup.name.label("group"), ChainGroup.name_en.label("group_en"),
        )
        .outerjoin(ChainGroup, ChainGroup.id == Segment.group_id)
        .where(Segment.retired_on.is_(None), _on(chain_id))
        .order_by(Segment.chain_id, Segment.position, Segment.id)
    )  # fmt: skip


def stands_on(day: date) -> ColumnElement[bool]:
    """Companies standing at their segment on a day."""
    return and_(
        or_(Presence.since_on.is_(None), Presence.since_on <= day),
        or_(Presence.ended_on.is_(None), Presence.ended_on > day),
    )


@lru_cache(KEPT)
def firm_counts(chain_id: int | None, day: date, stale_after_days: int) -> Select[*tuple[Any, ...]]:
    """Companies by segment, role, strength and whether they were checked long ago."""
    is_stale = Presence.checked_on < stale_before(day, stale_after_days)
    keys = (Presence.segment_id, Presence.role, Presence.strength, is_stale.label("is_stale"))
    return (
        select(*keys, func.count().label("n"))
        .join(Segment, Segment.id == Presence.segment_id)
        .where(stands_on(day), _on(chain_id))
        .group_by(*keys)
    )


@lru_cache(KEPT)
def need_counts(chain_id: int | None) -> Select[*tuple[Any, ...]]:
    """Open needs of anchor firms by segment and list."""
    return (
        select(
            AnchorNeed.segment_id, AnchorNeed.kind, func.count().label("n"),
            func.coalesce(func.sum(AnchorNeed.amount_yuan), 0).label("yuan"),
        )
        .join(Segment, Segment.id == AnchorNeed.segment_id)
        .where(AnchorNeed.met_on.is_(None), _on(chain_id))
        .group_by(AnchorNeed.segment_id, AnchorNeed.kind)
    )  # fmt: skip


@lru_cache(KEPT)
def lead_counts(chain_id: int | None = None) -> Select[*tuple[Any, ...]]:
    """Leads by segment, stage and chain, read in the index alone; at no segment: by their chain."""
    if chain_id is None:
        return _leads_counted(true())
    here = select(Segment.id).where(Segment.chain_id == chain_id)
    on_it_alone = and_(Lead.segment_id.is_(None), Lead.chain_id == chain_id)
    both = union_all(_leads_counted(Lead.segment_id.in_(here)), _leads_counted(on_it_alone))
    return select(both.subquery())


def _leads_counted(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    keys = (Lead.segment_id, Lead.stage, Lead.chain_id)
    sensitive = func.count().filter(Lead.is_sensitive).label("sensitive")
    return (
        select(*keys, func.count().label("n"), sensitive)
        .where(at_stages((*COMING, *LANDED)), *conditions)
        .group_by(*keys)
    )


@lru_cache(KEPT)
def lead_counts_narrowed(
    chain_id: int, zone_id: int | None, stages: tuple[Stage, ...]
) -> Select[*tuple[Any, ...]]:
    """Leads of a chain's segments by segment, stage and chain: in a cluster area, at some stages."""
    here = select(Segment.id).where(Segment.chain_id == chain_id)
    conditions: list[ColumnElement[bool]] = [Lead.segment_id.in_(here)]
    if zone_id is not None:
        conditions.append(Lead.zone_id == zone_id)
    if stages:
        conditions.append(at_stages(stages))
    return _leads_counted(*conditions)


COMPANY = func.coalesce(Lead.legal_entity_id, Lead.investor_id)
"""Whose a registered lead is: the company registered here, before that is known the investor."""


@lru_cache(1)
def landings() -> Select[*tuple[Any, ...]]:
    """Registered leads by segment."""
    return (
        select(Lead.segment_id, func.count().label("n"))
        .where(at_stages(LANDED), Lead.segment_id.is_not(None))
        .group_by(Lead.segment_id)
    )


@lru_cache(1)
def recorded_landings() -> Select[*tuple[Any, ...]]:
    """Registered leads by segment whose company is recorded anywhere on its chain, standing or not.

    They are counted by that record, so the lead itself counts no company any more; a record that ended
    before the lead registered is another stay of the company. Of all chains: asked of one alone
    PostgreSQL looks every company up by itself, which takes twice as long.
    """
    recorded_at = aliased(Segment)
    # Two plain joins: over an OR of both columns each company would be looked up by itself.
    by_entity = _of_recorded(Lead.legal_entity_id).where(Lead.legal_entity_id.is_not(None))
    by_investor = _of_recorded(Lead.investor_id).where(Lead.legal_entity_id.is_(None))
    found = union_all(by_entity, by_investor).subquery()
    return (
        select(found.c.segment_id, func.count(found.c.id.distinct()).label("n"))
        .join(Segment, Segment.id == found.c.segment_id)
        .join(recorded_at, recorded_at.id == found.c.recorded_at_id)
        .where(Segment.chain_id == recorded_at.chain_id)
        .group_by(found.c.segment_id)
    )


def _of_recorded(company: InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
    return (
        select(Lead.id, Lead.segment_id, Presence.segment_id.label("recorded_at_id"))
        .join(Presence, Presence.enterprise_id == company)
        .where(
            at_stages(LANDED),
            or_(
                Presence.ended_on.is_(None),
                Lead.stage_since <= Presence.ended_on,
                _landed_before(Presence.ended_on),
            ),
        )
    )


def _landed_before(day: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The day of the registration, or of the move, whichever was noted earlier."""
    moved = exists().where(
        StageChange.lead_id == Lead.id,
        StageChange.to_stage.in_(LANDED),
        StageChange.happened_on <= day,
    )
    registered = exists().where(
        Milestone.lead_id == Lead.id, first_reaches(MilestoneKind.REGISTERED), day >= EVENT_DAY
    )
    return or_(moved, registered)
