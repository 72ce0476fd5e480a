"""The companies put aside, for whom and until when."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from crm.accounts.models import User
from crm.chains.models import Chain, Segment, SegmentFit
from crm.chains.rules import FitState
from crm.core.db import db, rows_of
from crm.coverage.models import TargetDismissal
from crm.enterprises.models import Enterprise

SHOWN = 200


def in_force(today: date) -> Sequence[Any]:
    """Those that hold on the day at segments in use, the next to end first; 200 at most, each row with
    how many there are."""
    statement = (
        select(
            TargetDismissal.id, TargetDismissal.enterprise_id, TargetDismissal.reason,
            TargetDismissal.until_on, TargetDismissal.at, TargetDismissal.by_id,
            TargetDismissal.version, Enterprise.name.label("enterprise"),
            Segment.code.label("segment_code"), Segment.name.label("segment"),
            Segment.name_en.label("segment_en"), Chain.name.label("chain"),
            Chain.name_en.label("chain_en"), User.name.label("by"),
            func.count().over().label("total"),
        )
        .join(Enterprise, Enterprise.id == TargetDismissal.enterprise_id)
        .join(Segment, Segment.id == TargetDismissal.segment_id)
        .join(Chain, Chain.id == Segment.chain_id)
        .outerjoin(User, User.id == TargetDismissal.by_id)
        .where(
            TargetDismissal.withdrawn_at.is_(None),
            TargetDismissal.until_on > today,
            Segment.retired_on.is_(None),
            Chain.retired_on.is_(None),
        )
        .order_by(TargetDismissal.until_on, TargetDismissal.id)
        .limit(SHOWN)
    )  # fmt: skip
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
