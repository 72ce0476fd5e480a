"""Who changed what a verdict followed: the event of the trail just before a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select

from crm.core.bulk import among, chunked
from crm.core.db import rows_of
from crm.history.models import AuditEvent

WITHIN = timedelta(minutes=2)
"""A door records the change, then judges again: in one request, in seconds even for an import."""

CONCERNING_ALL = (
    "quotas",
    "criteria_versions",
    "enterprises",
    "ranking_entries",
    "ranking_editions",
    "exchange_rates",
    "ledger_imports",
)
RULES = frozenset({"quotas", "criteria_versions"})
NO_CHANGES = (
    "phone_revealed",
    "activity_logged",
    "contact_added",
    "contact_changed",
    "criteria_draft_begun",
    "criteria_draft_saved",
    "criteria_draft_discarded",
)


@dataclass(frozen=True, slots=True)
class Change:
    """An event of the trail: who, when, what, and whether it changed the rules of a quota."""

    by: str
    at: datetime
    action: str
    is_of_rules: bool


def changes_behind(known: Iterable[tuple[int, datetime]]) -> dict[tuple[int, datetime], Change]:
    """For each (lead id, moment something became known) the change behind it, where one is found.

    The nearest event before the moment: of the lead itself, or of what concerns many leads.
    """
    wanted = set(known)
    if not wanted:
        return {}
    moments = {moment for _, moment in wanted}
    of_leads: dict[int, list[Any]] = {}
    for some in chunked({lead_id for lead_id, _ in wanted}):
        rows = rows_of(
            select(*_COLUMNS)
            .where(
                among(AuditEvent.lead_id, some),
                AuditEvent.at >= min(moments) - WITHIN,
                AuditEvent.at <= max(moments),
                AuditEvent.action.not_in(NO_CHANGES),
            )
            .order_by(AuditEvent.at, AuditEvent.id)
        )
        for row in rows:
            of_leads.setdefault(row.lead_id, []).append(row)
    of_all = _concerning_all(moments)
    found = {}
    for lead_id, moment in wanted:
        near = [
            row
            for row in [*of_all, *of_leads.get(lead_id, [])]
            if timedelta() <= moment - row.at <= WITHIN
        ]
        if near:
            last = max(near, key=lambda row: (row.at, row.lead_id is not None, row.id))
            found[lead_id, moment] = Change(
                last.actor_name, last.at, last.action, last.subject_type in RULES
            )
    return found


_COLUMNS = (
    AuditEvent.id,
    AuditEvent.lead_id,
    AuditEvent.subject_type,
    AuditEvent.action,
    AuditEvent.actor_name,
    AuditEvent.at,
)


def _concerning_all(moments: Iterable[datetime]) -> list[Any]:
    """Events of records that many leads depend on, near one of the moments."""
    found: dict[int, Any] = {}
    for some in chunked(moments):
        near = or_(
            *(and_(AuditEvent.at >= each - WITHIN, AuditEvent.at <= each) for each in some[:200])
        )
        rows = rows_of(
            select(*_COLUMNS).where(
                AuditEvent.subject_type.in_(CONCERNING_ALL),
                AuditEvent.action.not_in(NO_CHANGES),
                AuditEvent.lead_id.is_(None),
                near,
            )
        )
        found |= {row.id: row for row in rows}
    return list(found.values())
