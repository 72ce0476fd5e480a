"""Reading chains and segments for pick lists and the ledger reader."""

from collections.abc import Sequence

from sqlalchemy import Row, Select, and_, or_, select

from crm.chains.models import Chain, Segment
from crm.chains.rules.entries import code_of
from crm.chains.rules.suggesting import SegmentTerms
from crm.core.db import db


def chains(also: int | None = None) -> Sequence[Row[int, str, str | None]]:
    """(id, name, name_en) of the chains and future tracks in use, in their order; `also` one retired."""
    return db.session.execute(
        select(Chain.id, Chain.name, Chain.name_en)
        .where(or_(Chain.retired_on.is_(None), Chain.id == also))
        .order_by(Chain.position, Chain.id)
    ).all()


def chain_named(code: str) -> int | None:
    """The id of the chain in use with this code, whatever the case of its letters."""
    return db.session.scalar(
        select(Chain.id).where(Chain.code == code_of(code), Chain.retired_on.is_(None))
    )


def segment_named(code: str) -> Row[int, int, str, str, str | None] | None:
    """(id, chain_id, code, name, name_en) of the segment in use with this code, in any case."""
    return db.session.execute(
        select(Segment.id, Segment.chain_id, Segment.code, Segment.name, Segment.name_en).where(
            Segment.code == code_of(code), Segment.retired_on.is_(None)
        )
    ).one_or_none()


def segments(also: int | None = None) -> Sequence[Row[int, int, str, str, str | None]]:
    """(id, chain_id, code, name, name_en) of the segments in use, chain by chain; `also` one retired."""
    in_use = and_(Segment.retired_on.is_(None), Chain.retired_on.is_(None))
    statement = (
        select(Segment.id, Segment.chain_id, Segment.code, Segment.name, Segment.name_en)
        .join(Chain, Chain.id == Segment.chain_id)
        .where(or_(in_use, Segment.id == also))
        .order_by(Chain.position, Segment.position, Segment.id)
    )
    return db.session.execute(statement).all()


def segment_with_below(segment_id: int) -> Select[int]:
    """The ids of a segment and of all in use below it."""
    tree = select(Segment.id).where(Segment.id == segment_id).cte("below", recursive=True)
    child = select(Segment.id).where(Segment.parent_id == tree.c.id, Segment.retired_on.is_(None))
    return select(tree.union(child).c.id)  # a union, so that a circle would end


def segment_names() -> dict[str, str]:
    """Names by codes of all segments, retired ones among them."""
    return dict(iter(db.session.execute(select(Segment.code, Segment.name))))


def terms_in_use() -> dict[int, SegmentTerms]:
    """By which words and codes each segment in use is known."""
    rows = db.session.execute(
        select(Segment.id, Segment.keywords, Segment.industry_codes).where(
            Segment.retired_on.is_(None)
        )
    )
    return {
        row.id: SegmentTerms(row.id, tuple(row.keywords or ()), tuple(row.industry_codes or ()))
        for row in rows
    }
