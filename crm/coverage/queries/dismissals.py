"""The companies put aside, for whom and until when."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.accounts.models import User
from crm.chains.models import Chain, Segment, SegmentFit
from crm.chains.rules import FitState
from crm.core.db import db, rows_of
from crm.coverage.models import TargetDismissal
from crm.enterprises.models import Enterprise

SHOWN = 200


def in_force(today: date, chain_id: int | None = None) -> Sequence[Any]:
    """Those that hold on the day, of a chain or of all, the next to end first; 200 at most."""
    statement = (
        select(
            TargetDismissal.id, TargetDismissal.enterprise_id, TargetDismissal.reason,
            TargetDismissal.until_on, TargetDismissal.at, TargetDismissal.by_id,
            TargetDismissal.version, Enterprise.name.label("enterprise"),
            Segment.code.label("segment_code"), Segment.name.label("segment"),
            Segment.name_en.label("segment_en"), Chain.name.label("chain"),
            Chain.name_en.label("chain_en"), User.name.label("by"),
        )
        .join(Enterprise, Enterprise.id == TargetDismissal.enterprise_id)
        .join(Segment, Segment.id == TargetDismissal.segment_id)
        .join(Chain, Chain.id == Segment.chain_id)
        .outerjoin(User, User.id == TargetDismissal.by_id)
        .where(TargetDismissal.withdrawn_at.is_(None), TargetDismissal.until_on > today)
        .order_by(TargetDismissal.until_on, TargetDismissal.id)
        .limit(SHOWN)
    )  # fmt: skip
    if chain_id is not None:
        statement = statement.where(Segment.chain_id == chain_id)
    return rows_of(statement).all()


def suited_in_chain(enterprise_id: int, segment_id: int) -> Sequence[int]:
    """The segments of that segment's chain that the company suits."""
    chain = select(Segment.chain_id).where(Segment.id == segment_id).scalar_subquery()
    statement = (
        select(SegmentFit.segment_id)
        .join(Segment, Segment.id == SegmentFit.segment_id)
        .where(
            SegmentFit.enterprise_id == enterprise_id,
            SegmentFit.state != FitState.REJECTED,
            Segment.chain_id == chain,
        )
        .order_by(SegmentFit.segment_id)
    )
    return db.session.scalars(statement).all()
