"""What stands behind one segment's numbers: the first of its companies, leads and needs, and its links."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import Department
from crm.accounts.rules import Actor
from crm.chains.models import AnchorNeed, Chain, Presence, Segment, SegmentLink
from crm.core.db import rows_of
from crm.coverage.queries.counting import KEPT
from crm.coverage.queries.facts import ChainCovered, Covered
from crm.coverage.rules import COMING, LANDED
from crm.enterprises.models import Enterprise
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.leads.models import among as at_stages
from crm.leads.rules import Stage
from crm.places.models import Zone

SHOWN = 12
"""So many companies, leads and needs a panel shows; the whole lists are a click away."""

SEGMENTS_KEPT = 256
"""For so many segments the statements are kept."""


@dataclass(frozen=True, slots=True)
class Behind:
    """The first rows of each list. `seen`, by stage, are the counted leads that the person may see."""

    firms: Sequence[Any]
    leads: Sequence[Any]
    seen: Mapping[Stage, int]
    needs: Sequence[Any]

    @property
    def visible(self) -> int:
        return sum(self.seen.values())

    def visible_at(self, stages: Iterable[Stage]) -> int:
        return sum(self.seen.get(stage, 0) for stage in stages)


def below(segment_id: int, segments: Collection[Covered]) -> tuple[int, ...]:
    """The ids of a segment and of all below it, among the segments of its chain."""
    found = [segment_id]
    for parent in found:
        found += [
            each.segment.id
            for each in segments
            if each.segment.parent_id == parent and each.segment.id not in found
        ]
    return tuple(found)


def behind(actor: Actor, ids: tuple[int, ...]) -> Behind:
    """What stands at these segments: four statements."""
    seen, leads = _leads(actor, ids)
    return Behind(
        rows_of(_firms(ids)).all(),
        rows_of(leads).all(),
        {row.stage: row.n for row in rows_of(seen)},
        rows_of(_needs(ids)).all(),
    )


@lru_cache(SEGMENTS_KEPT)
def _firms(ids: tuple[int, ...]) -> Select[*tuple[Any, ...]]:
    """The companies with the largest output first."""
    return (
        select(
            Presence.id, Presence.enterprise_id, Enterprise.name, Presence.role, Presence.strength,
            Presence.output_yuan, Presence.output_year, Presence.checked_on,
            Zone.name.label("zone"), Zone.name_en.label("zone_en"),
        )
        .join(Enterprise, Enterprise.id == Presence.enterprise_id)
        .outerjoin(Zone, Zone.id == Presence.zone_id)
        .where(Presence.segment_id.in_(ids), Presence.ended_on.is_(None))
        .order_by(Presence.output_yuan.desc().nulls_last(), Enterprise.name, Presence.id)
        .limit(SHOWN)
    )  # fmt: skip


@lru_cache(SEGMENTS_KEPT)
def _leads(
    actor: Actor, ids: tuple[int, ...]
) -> tuple[Select[Stage, int], Select[*tuple[Any, ...]]]:
    """How many of the leads the person may see, by stage, and those with the latest progress."""
    counted = (Lead.segment_id.in_(ids), at_stages((*COMING, *LANDED)), may_see(actor))
    latest = (
        select(
            Lead.id, Lead.title, Lead.stage, Lead.investment_yuan, Lead.is_sensitive,
            Department.name.label("department"), Lead.last_progress_on,
        )
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(*counted)
        .order_by(Lead.last_progress_on.desc(), Lead.id.desc())
        .limit(SHOWN)
    )  # fmt: skip
    seen = select(Lead.stage, func.count().label("n")).where(*counted).group_by(Lead.stage)
    return seen, latest


@lru_cache(SEGMENTS_KEPT)
def _needs(ids: tuple[int, ...]) -> Select[*tuple[Any, ...]]:
    """The open needs with the largest amount first."""
    partner = aliased(Enterprise)
    return (
        select(
            AnchorNeed.id, AnchorNeed.enterprise_id, Enterprise.name, AnchorNeed.kind,
            AnchorNeed.description, AnchorNeed.amount_yuan, AnchorNeed.noted_on,
            func.coalesce(partner.name, AnchorNeed.partner_name).label("partner"),
        )
        .join(Enterprise, Enterprise.id == AnchorNeed.enterprise_id)
        .outerjoin(partner, partner.id == AnchorNeed.partner_id)
        .where(AnchorNeed.segment_id.in_(ids), AnchorNeed.met_on.is_(None))
        .order_by(AnchorNeed.amount_yuan.desc().nulls_last(), AnchorNeed.id)
        .limit(SHOWN)
    )  # fmt: skip


def hidden_at(actor: Actor, chain: ChainCovered) -> int:
    """How many of the leads counted at a chain's segments the person may not see: one statement.

    Whoever sees the whole district misses sensitive leads alone, which are few.
    """
    here = select(Segment.id).where(Segment.chain_id == chain.chain.id)
    conditions = [Lead.segment_id.in_(here), at_stages((*COMING, *LANDED)), may_see(actor)]
    if actor.sees_all:
        conditions.append(Lead.is_sensitive.is_(True))
    seen = rows_of(select(func.count()).select_from(Lead).where(*conditions)).scalar_one()
    among_them = chain.counts.sensitive if actor.sees_all else chain.counts.leads
    return max(among_them - seen, 0)


@dataclass(frozen=True, slots=True)
class Link:
    """What one segment feeds to another: both by code and name, with their chains' codes."""

    from_code: str
    from_name: str
    from_name_en: str | None
    from_chain: str
    to_code: str
    to_name: str
    to_name_en: str | None
    to_chain: str
    product: str | None


def links_of(chain_id: int) -> Iterator[Link]:
    """The links that begin or end on a chain, in the order of its segments: one statement."""
    for row in rows_of(_links(chain_id)):
        yield Link(*row)


@lru_cache(KEPT)
def _links(chain_id: int) -> Select[*tuple[Any, ...]]:
    giver, taker = aliased(Segment), aliased(Segment)
    giver_chain, taker_chain = aliased(Chain), aliased(Chain)
    return (
        select(
            giver.code, giver.name, giver.name_en, giver_chain.code,
            taker.code, taker.name, taker.name_en, taker_chain.code, SegmentLink.product,
        )
        .join(giver, giver.id == SegmentLink.from_id)
        .join(taker, taker.id == SegmentLink.to_id)
        .join(giver_chain, giver_chain.id == giver.chain_id)
        .join(taker_chain, taker_chain.id == taker.chain_id)
        .where(
            or_(giver.chain_id == chain_id, taker.chain_id == chain_id),
            giver.retired_on.is_(None),
            taker.retired_on.is_(None),
        )
        .order_by(giver_chain.position, giver.position, taker_chain.position, taker.position,
                  SegmentLink.id)
    )  # fmt: skip
