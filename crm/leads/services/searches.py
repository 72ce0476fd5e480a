"""Counting searches before entry, so that nobody combs the register name by name."""

from datetime import datetime

from sqlalchemy import func, select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.history.models import AuditEvent

SEARCHED = "entry_searched"


def searches_since(actor: Actor, moment: datetime) -> int:
    """How many searches before entry this person made since then, by the trail."""
    statement = (
        select(func.count())
        .select_from(AuditEvent)
        .where(
            AuditEvent.actor_id == actor.id,
            AuditEvent.action == SEARCHED,
            AuditEvent.at >= moment,
        )
    )
    return db.session.scalar(statement) or 0
