"""A lead as a form showed it, and whether it still is that: nobody's work is overwritten."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Stale, TheirChange
from crm.enterprises.models import Enterprise
from crm.history.models import AuditEvent
from crm.history.services import plain
from crm.leads import access
from crm.leads.models import Lead
from crm.leads.rules import FigureKind
from crm.leads.services.holdings import Holdings, held_by, told_amounts

COLUMNS = (
    "title", "source", "referrer", "investor_is_unknown", "investor_category", "description",
    "chain_move", "chain_role", "industry_code", "site", "land_mu", "floor_area_m2", "path",
    "first_contact_on", "expected_sign_on", "expected_landing_on", "is_days_order_confirmed",
    "next_action", "next_action_on", "review_result", "reviewed_on", "agreement_type",
    "is_physical", "is_headquarters", "headquarters_type", "nature", "origin", "promotion_mode",
    "tier", "confidence", "stats_place", "tax_place", "registered_place", "landing_address", "exclusion",
    "exclusion_note", "list_shareholding", "latest_progress", "problems", "coordination", "remark",
)  # fmt: skip
"""What the full form writes as it stands: field and column have one name."""

LINKED = {
    "chain": "chain_id",
    "segment": "segment_id",
    "zone": "zone_id",
    "carrier": "carrier_id",
    "street": "street_id",
    "sponsor": "sponsor_id",
    "first_talk_department": "first_talk_department_id",
}
"""Fields that choose from a list, and their columns."""

COMPANIES = {
    "investor": "investor_id",
    "list_enterprise": "list_enterprise_id",
    "local_entity": "legal_entity_id",
}
"""Fields in which a company is named, and their columns."""


def lead_to_change(
    actor: Actor, lead_id: int, version: int, base: Mapping[str, Any]
) -> tuple[Lead, Holdings]:
    """The lead, locked, and what it holds, if it still is what the person was shown.

    `version` and `base` are what the form was opened with. Raises NotFound, and Stale naming what
    differs between `base` and what the forms would show now.
    """
    lead = access.lead_to_edit(actor, lead_id)
    held = held_by(lead)
    if lead.version != version:
        raise _stale(lead, base, shown(lead, held))
    return lead, held


def shown(lead: Lead, held: Holdings) -> dict[str, Any]:
    """What the forms show of a lead, as plain values by field name: the base of a comparison."""
    names = company_names(lead)
    values = {name: shown_value(getattr(lead, name)) for name in COLUMNS}
    values |= {name: getattr(lead, column) for name, column in LINKED.items()}
    values |= {name: names.get(getattr(lead, column)) for name, column in COMPANIES.items()}
    told = told_amounts(held)
    values |= {kind.value: told[kind].stated_text if kind in told else None for kind in FigureKind}
    revenue = told.get(FigureKind.HEADQUARTERS_REVENUE)
    return values | {
        "uscc": held.uscc or None,
        "contract_number": contract_number(lead),
        "revenue_basis": plain(revenue.basis) if revenue else None,
        "stage": plain(lead.stage),
        "owner": lead.owner_id,
        "department": lead.department_id,
        "is_sensitive": lead.is_sensitive,
    }


def shown_value(value: Any) -> Any:
    """As `plain`, and a decimal without trailing zeros, whatever the database returned."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return plain(value)


def company_names(lead: Lead) -> dict[int | None, str]:
    ids = {getattr(lead, column) for column in COMPANIES.values()} - {None}
    if not ids:
        return {}
    rows = db.session.execute(select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(ids)))
    return dict(iter(rows))


def contract_number(lead: Lead) -> str | None:
    if lead.contract_lead_id is None:
        return None
    return db.session.scalar(
        select(Lead.receipt_number).where(Lead.id == lead.contract_lead_id)
    ) or str(lead.contract_lead_id)


def _stale(lead: Lead, base: Mapping[str, Any], now: Mapping[str, Any]) -> Stale:
    differing = [name for name, value in now.items() if name in base and base[name] != value]
    events = list(
        db.session.scalars(
            select(AuditEvent)
            .where(AuditEvent.lead_id == lead.id)
            .order_by(AuditEvent.id.desc())
            .limit(50)
        )
    )
    return Stale(
        current=lead,
        changes=[
            TheirChange(name, base[name], now[name], *_who(events, name)) for name in differing
        ],
    )


def _who(events: list[AuditEvent], name: str) -> tuple[str, datetime | None]:
    """Who changed a field last, and when, by the trail; else whoever acted last on the lead."""
    for event in events:
        told = {**(event.before or {}), **(event.after or {})}
        if name in told or f"{name}_id" in told or told.get("kind") == name:
            return event.actor_name, event.at
    return (events[0].actor_name, events[0].at) if events else ("", None)
