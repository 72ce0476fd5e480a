"""Who changed what a verdict followed: the event of the trail just before a moment."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from sqlalchemy import and_, or_, select, union_all

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
    "agreed_date_added",
    "agreed_date_changed",
    "agreed_date_done",
    "agreed_date_removed",
    "trip_reported",
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
    of_leads: dict[int, list[Any]] = {}
    of_all: dict[int, Any] = {}
    for row in _events({lead_id for lead_id, _ in wanted}, {moment for _, moment in wanted}):
        if row.lead_id is None:
            of_all[row.id] = row
        else:
            of_leads.setdefault(row.lead_id, []).append(row)
    found = {}
    for lead_id, moment in wanted:
        near = [
            row
            for row in [*of_all.values(), *of_leads.get(lead_id, [])]
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


def _events(lead_ids: Collection[int], moments: Collection[datetime]) -> Iterator[Any]:
    """Events of these leads, and of records that many leads depend on, near one of the moments.

    One query for a thousand leads and two hundred moments.
    """
    first, last = min(moments) - WITHIN, max(moments)
    told = sorted(moments)
    some_moments = [told[n : n + MOMENTS_AT_ONCE] for n in range(0, len(told), MOMENTS_AT_ONCE)]
    for some, near in zip_longest(chunked(lead_ids), some_moments):
        parts = []
        if some:
            parts.append(
                select(*_COLUMNS).where(
                    among(AuditEvent.lead_id, some),
                    AuditEvent.at >= first,
                    AuditEvent.at <= last,
                    AuditEvent.action.not_in(NO_CHANGES),
                )
            )
        if near:
            parts.append(
                select(*_COLUMNS).where(
                    AuditEvent.subject_type.in_(CONCERNING_ALL),
                    AuditEvent.action.not_in(NO_CHANGES),
                    AuditEvent.lead_id.is_(None),
                    or_(
                        *(
                            and_(AuditEvent.at >= each - WITHIN, AuditEvent.at <= each)
                            for each in near
                        )
                    ),
                )
            )
        yield from rows_of(union_all(*parts))


MOMENTS_AT_ONCE = 200
