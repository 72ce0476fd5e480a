"""The segments of all chains as their trees, and the links between them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from crm.chains.models import (
    AnchorNeed,
    Chain,
    ChainChange,
    ChangedChain,
    Presence,
    Segment,
    SegmentFit,
    SegmentLink,
)
from crm.chains.rules import FitState
from crm.chains.rules.entries import code_of
from crm.chains.rules.tree import Forest, Node
from crm.core.db import db, rows_of


def forest() -> Forest:
    """All segments, retired ones among them."""
    return Forest(
        Node(row.id, row.code, row.chain_id, row.parent_id, row.tier, row.position, row.retired)
        for row in rows_of(
            select(
                Segment.id,
                Segment.code,
                Segment.chain_id,
                Segment.parent_id,
                Segment.tier,
                Segment.position,
                Segment.retired_on.is_not(None).label("retired"),
            )
        )
    )


def links() -> set[tuple[int, int]]:
    """(supplying segment, needing segment) of every link."""
    return {
        (row.from_id, row.to_id) for row in rows_of(select(SegmentLink.from_id, SegmentLink.to_id))
    }


def chain_by_code(code: str) -> Chain | None:
    """A chain, in use or not, by its code as an address has it."""
    return db.session.scalar(select(Chain).where(Chain.code == code_of(code)))


def segment_by_code(chain_id: int, code: str) -> Segment | None:
    """A segment of a chain, in use or not, by its code as an address has it."""
    return db.session.scalar(
        select(Segment).where(Segment.chain_id == chain_id, Segment.code == code_of(code))
    )


def segments_called(segment_ids: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """By id the code, name, name_en and chain's code of these segments."""
    rows = rows_of(
        select(Segment.id, Segment.code, Segment.name, Segment.name_en, Chain.code.label("chain"))
        .join(Chain, Chain.id == Segment.chain_id)
        .where(Segment.id.in_(segment_ids))
    )
    return {row.id: row for row in rows}


def successor_of(row: Segment) -> Segment | None:
    """The segment in use at which now stands what stood at a merged one; None where there is none."""
    found: Segment | None = row
    while found is not None and found.retired_on is not None:
        into = found.merged_into_id
        found = db.session.get(Segment, into) if into is not None else None
    return found


def segments_of(chain_id: int) -> Sequence[Segment]:
    """Every segment of a chain in the order of its trees, retired ones among them."""
    return db.session.scalars(
        select(Segment).where(Segment.chain_id == chain_id).order_by(Segment.position, Segment.id)
    ).all()


def last_changes(chain_id: int, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """(id, action, about, at, by_id) of what was changed last in a chain and still holds, newest first."""
    of_chain = select(ChangedChain.change_id).where(ChangedChain.chain_id == chain_id)
    return _last(ChainChange.id.in_(of_chain), limit)


def last_changes_told_as(actions: Sequence[str], limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The same of the changes that the trail tells by one of these words."""
    return _last(ChainChange.action.in_(actions), limit)


def _last(condition: ColumnElement[bool], limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    return rows_of(
        select(
            ChainChange.id, ChainChange.action, ChainChange.about, ChainChange.at, ChainChange.by_id
        )
        .where(condition, ChainChange.undone_at.is_(None))
        .order_by(ChainChange.id.desc())
        .limit(limit)
    ).all()


def firms_at(segment_ids: Sequence[int]) -> dict[int, int]:
    """How many local firms stand at each of these segments."""
    return _counts(Presence.segment_id, segment_ids, Presence.ended_on.is_(None))


def needs_at(segment_ids: Sequence[int]) -> dict[int, int]:
    """How many needs of anchor firms are open at each of these segments."""
    return _counts(AnchorNeed.segment_id, segment_ids, AnchorNeed.met_on.is_(None))


def fits_at(segment_ids: Sequence[int]) -> dict[int, int]:
    """How many companies belong to each of these segments, suggested or confirmed."""
    return _counts(SegmentFit.segment_id, segment_ids, SegmentFit.state != FitState.REJECTED)


def _counts(column: Any, segment_ids: Sequence[int], condition: Any) -> dict[int, int]:
    if not segment_ids:
        return {}
    statement = (
        select(column, func.count()).where(column.in_(segment_ids), condition).group_by(column)
    )
    return dict(iter(rows_of(statement)))
