"""What every change of a lead leaves behind: its version, its words to search, who acted for whom."""

from sqlalchemy import or_, select

from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import pinyin_initials, search_text, title_key
from crm.leads.models import Lead

ON_BEHALF = "代改"  # 原文: kept in the trail as the office calls it


def touch(lead: Lead) -> None:
    """A new version: whoever still has the old one open will be told."""
    lead.version += 1


def mark_on_behalf(actor: Actor, lead: Lead) -> str | None:
    """The note of a bureau leader changing what somebody else owns."""
    return ON_BEHALF if actor.role is Role.DIRECTOR and lead.owner_id != actor.id else None


def refresh_words(lead: Lead) -> None:
    """Bring the keys for searching and for finding double titles in line with title and companies."""
    parts: list[str | None] = [lead.title, pinyin_initials(lead.title), lead.receipt_number]
    ids = [each for each in (lead.investor_id, lead.legal_entity_id) if each]
    if ids:
        parts += db.session.scalars(
            select(Enterprise.search_text).where(Enterprise.id.in_(ids)).order_by(Enterprise.id)
        )
    lead.title_key = title_key(lead.title)[:120]
    lead.search_text = search_text(*parts)


def refresh_search_text(enterprise_id: int) -> int:
    """After a company was renamed: its leads are found by the new names; how many there are."""
    leads = db.session.scalars(
        select(Lead).where(
            or_(Lead.investor_id == enterprise_id, Lead.legal_entity_id == enterprise_id)
        )
    ).all()
    for lead in leads:
        refresh_words(lead)
    return len(leads)
