"""Chains as a workbook holds them, going out and coming in."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from crm.chains.models import AnchorNeed, Chain, ChainGroup, Presence, Segment, SegmentLink
from crm.chains.rules.chain_file import SegmentRow
from crm.chains.rules.entries import SegmentEntry
from crm.chains.rules.planning import Known, KnownLink, KnownSegment
from crm.core.db import rows_of


def known_now(leads_by_segment: Mapping[int, int]) -> Known:
    """Everything an incoming file is compared with. Leads are counted by whoever knows them."""
    chains = rows_of(select(Chain.code, Chain.id).where(Chain.retired_on.is_(None)))
    firms = _counted(Presence.segment_id, Presence.ended_on.is_(None))
    needs = _counted(AnchorNeed.segment_id, AnchorNeed.met_on.is_(None))
    return Known(
        dict(iter(chains)),
        dict(iter(rows_of(select(ChainGroup.name, ChainGroup.id)))),
        {
            row.code: KnownSegment(
                row.id, row.version, entry_of(row), row.chain, row.parent or "", row.tier,
                row.retired_on is not None,
                sum(each.get(row.id, 0) for each in (firms, needs, leads_by_segment)),
            )
            for row in _segments()
        },
        {
            (row.supply, row.need): KnownLink(row.id, row.version, row.product)
            for row in links_listed(None)
        },
    )  # fmt: skip


def segments_listed(chain_id: int | None) -> list[tuple[SegmentRow, Any]]:
    """(row of the file, its tier) of the segments in use, of one chain or all, in order."""
    groups: dict[int, str] = dict(iter(rows_of(select(ChainGroup.id, ChainGroup.name))))
    return [
        (
            SegmentRow(
                0, row.chain, entry_of(row), row.parent or "", row.tier,
                groups.get(row.group_id, ""), False, row.version,
            ),
            row.tier,
        )
        for row in _segments(chain_id)
        if row.retired_on is None
    ]  # fmt: skip


def links_listed(chain_id: int | None) -> Any:
    """(id, version, product, supply, need) of links by codes, of one chain's segments or all."""
    supply, need = aliased(Segment), aliased(Segment)
    statement = (
        select(
            SegmentLink.id, SegmentLink.version, SegmentLink.product,
            supply.code.label("supply"), need.code.label("need"),
        )
        .join(supply, supply.id == SegmentLink.from_id)
        .join(need, need.id == SegmentLink.to_id)
        .order_by(supply.chain_id, supply.position, need.chain_id, need.position, SegmentLink.id)
    )  # fmt: skip
    if chain_id is not None:
        statement = statement.where((supply.chain_id == chain_id) | (need.chain_id == chain_id))
    return rows_of(statement).all()


def _segments(chain_id: int | None = None) -> Any:
    parent = aliased(Segment)
    statement = (
        select(*Segment.__table__.c, Chain.code.label("chain"), parent.code.label("parent"))
        .join(Chain, Chain.id == Segment.chain_id)
        .outerjoin(parent, parent.id == Segment.parent_id)
        .order_by(Chain.position, Chain.id, Segment.position, Segment.id)
    )
    if chain_id is not None:
        statement = statement.where(Segment.chain_id == chain_id)
    return rows_of(statement).all()


def entry_of(row: Any) -> SegmentEntry:
    """What a segment, or a row with its columns, says of itself."""
    return SegmentEntry(
        row.code, row.name, row.name_en, row.layout, row.is_key, row.weight,
        tuple(row.keywords or ()), tuple(row.industry_codes or ()), tuple(row.examples or ()),
        row.group_id,
    )  # fmt: skip


def _counted(column: Any, condition: Any) -> dict[int, int]:
    return dict(iter(rows_of(select(column, func.count()).where(condition).group_by(column))))
