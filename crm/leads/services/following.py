"""Leads follow their segment where it goes: merged into another, or moved to another chain."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from crm.accounts.rules import Actor
from crm.core.bulk import chunked
from crm.core.db import db
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.leads.services import marks

GONE = (Stage.LOST, Stage.TRANSFERRED)
"""Leads that are over hold nobody back from taking a segment out of use."""


def leads_at(segment_ids: Collection[int]) -> int:
    """How many leads that are not over stand at these segments."""
    return _count(Lead.segment_id.in_(segment_ids)) if segment_ids else 0


def leads_on(chain_id: int) -> int:
    """How many leads that are not over stand on a chain, at whatever segment."""
    return _count(Lead.chain_id == chain_id)


def _count(condition: object) -> int:
    statement = select(func.count()).select_from(Lead).where(condition, Lead.stage.not_in(GONE))  # type: ignore[arg-type]
    return db.session.scalar(statement) or 0


def at_segment(segment_id: int) -> list[int]:
    """The leads at a segment, over or not."""
    statement = select(Lead.id).where(Lead.segment_id == segment_id).order_by(Lead.id)
    return list(db.session.scalars(statement))


def follow(actor: Actor, at: datetime, lead_ids: Collection[int], to: tuple[int, int]) -> list[int]:
    """Let these leads stand at another (chain, segment); those that moved. The door judges them again.

    Each tells it in its own history and gets a new version, whoever may see it.
    """
    chain_id, segment_id = to
    moved: list[int] = []
    for ids in chunked(lead_ids):
        rows = db.session.scalars(
            select(Lead)
            .where(Lead.id.in_(ids))
            .order_by(Lead.id)
            .execution_options(populate_existing=True)
        )
        for lead in rows.all():
            with db.session.no_autoflush:
                lead.chain_id, lead.segment_id = chain_id, segment_id
                marks.record_changes(actor, at, "lead_followed_segment", lead)
            marks.touch(lead)
            moved.append(lead.id)
    db.session.flush()
    return moved


def leads_by_segment() -> dict[int, int]:
    """How many leads that are not over stand at each segment."""
    statement = (
        select(Lead.segment_id, func.count())
        .where(Lead.segment_id.is_not(None), Lead.stage.not_in(GONE))
        .group_by(Lead.segment_id)
    )
    return dict(iter(db.session.execute(statement)))
