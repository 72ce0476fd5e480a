"""What every change of a lead leaves behind: its version, its event in the trail, its words to search."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from crm.accounts.rules import Actor, Role
from crm.core.bulk import among, chunked
from crm.core.db import Base, db
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import pinyin_initials, search_text, title_key
from crm.history import services as history
from crm.history.models import ON_BEHALF, AuditEvent
from crm.leads.models import Lead
from crm.leads.services.prospects import keep_prospects


def touch(lead: Lead) -> None:
    """A new version: whoever still has the old one open will be told."""
    lead.version += 1


def mark_on_behalf(actor: Actor, lead: Lead) -> str | None:
    """The note of a bureau leader changing what somebody else owns."""
    return ON_BEHALF if actor.role is Role.DIRECTOR and lead.owner_id != actor.id else None


def record(
    actor: Actor,
    at: datetime,
    action: str,
    lead: Lead,
    subject: Base | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> AuditEvent:
    """`history.record` for a lead, or for `subject`, a row that hangs on it.

    Without a note of its own the event tells for whom somebody acted.
    """
    return history.record(
        actor, at, action, subject or lead, before=before, after=after,
        lead_id=lead.id, department_id=lead.department_id, note=note or mark_on_behalf(actor, lead),
    )  # fmt: skip


def record_changes(
    actor: Actor,
    at: datetime,
    action: str,
    lead: Lead,
    subject: Base | None = None,
    *,
    note: str | None = None,
    more: Iterable[tuple[str, Any, Any]] = (),
) -> AuditEvent | None:
    """`history.record_changes`, likewise; of the lead itself also what its prospects were before."""
    if subject is None:
        keep_prospects(actor, at, lead)
    return history.record_changes(
        actor, at, action, subject or lead, more=more,
        lead_id=lead.id, department_id=lead.department_id, note=note or mark_on_behalf(actor, lead),
    )  # fmt: skip


def refresh_words(lead: Lead) -> None:
    """Bring the keys for searching and for finding double titles in line with title and companies."""
    _set_words(lead, _words_of_companies([lead]))


def refresh_search_text(enterprise_ids: Collection[int]) -> int:
    """After companies were renamed: their leads are found by the new names; how many there are."""
    leads: dict[int, Lead] = {}
    for ids in chunked(enterprise_ids):
        concerned = or_(among(Lead.investor_id, ids), among(Lead.legal_entity_id, ids))
        leads |= {lead.id: lead for lead in db.session.scalars(select(Lead).where(concerned))}
    words = _words_of_companies(leads.values())
    for lead in leads.values():
        _set_words(lead, words)
    return len(leads)


def _companies_of(lead: Lead) -> list[int]:
    return sorted({each for each in (lead.investor_id, lead.legal_entity_id) if each})


def _words_of_companies(leads: Collection[Lead]) -> dict[int, str]:
    found: dict[int, str] = {}
    for ids in chunked(number for lead in leads for number in _companies_of(lead)):
        words = select(Enterprise.id, Enterprise.search_text).where(among(Enterprise.id, ids))
        # By the session, which a caller may have told not to flush yet.
        found |= dict(iter(db.session.execute(words)))
    return found


def _set_words(lead: Lead, words: Mapping[int, str]) -> None:
    lead.title_key = title_key(lead.title)[:120]
    lead.search_text = search_text(
        lead.title,
        pinyin_initials(lead.title),
        lead.receipt_number,
        *(words[number] for number in _companies_of(lead)),
    )
