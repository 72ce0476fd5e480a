"""Reading chains and segments for pick lists and the ledger reader."""

from collections.abc import Sequence

from sqlalchemy import Row, select

from crm.chains.models import Chain, Segment
from crm.core.db import db


def chains() -> Sequence[Row[int, str]]:
    """(id, name) of all chains and future tracks in their order."""
    return db.session.execute(select(Chain.id, Chain.name).order_by(Chain.position, Chain.id)).all()


def segments() -> Sequence[Row[int, int, str, str]]:
    """(id, chain_id, code, name) of all segments, chain by chain."""
    statement = (
        select(Segment.id, Segment.chain_id, Segment.code, Segment.name)
        .join(Chain, Chain.id == Segment.chain_id)
        .order_by(Chain.position, Segment.position, Segment.id)
    )
    return db.session.execute(statement).all()
