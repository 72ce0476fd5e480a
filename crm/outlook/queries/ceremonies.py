"""Signing ceremonies and the leads that are to sign at them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead, among
from crm.leads.rules import IN_TALKS
from crm.outlook.models import CeremonyLead, SigningCeremony
from crm.outlook.queries.achieved import Named
from crm.outlook.rules.forecasting import Ceremony


@dataclass(frozen=True, slots=True)
class PlannedCeremony:
    id: int
    title: str
    held_on: date
    slip_percent: int
    slip_days: int
    is_cancelled: bool
    version: int
    leads: tuple[Named, ...]


def ceremonies(actor: Actor) -> list[PlannedCeremony]:
    """All ceremonies, those held earliest first."""
    statement = select(
        SigningCeremony.id, SigningCeremony.title, SigningCeremony.held_on,
        SigningCeremony.slip_percent, SigningCeremony.slip_days, SigningCeremony.is_cancelled,
        SigningCeremony.version,
    ).order_by(SigningCeremony.held_on, SigningCeremony.id)  # fmt: skip
    rows = rows_of(statement).all()
    leads: dict[int, list[Named]] = defaultdict(list)
    if rows:
        named = (
            select(CeremonyLead.ceremony_id, Lead.id, Lead.title, may_see(actor).label("is_seen"))
            .join(Lead, Lead.id == CeremonyLead.lead_id)
            .where(CeremonyLead.ceremony_id.in_([row.id for row in rows]))
            .order_by(Lead.id)
        )
        for ceremony_id, lead_id, title, is_seen in rows_of(named):
            leads[ceremony_id].append(Named(lead_id, title, bool(is_seen)))
    return [PlannedCeremony(*row, tuple(leads[row.id])) for row in rows]


def standing_ceremonies(on: date) -> list[Ceremony]:
    """Those to come from the day `on`, as the forecast reads them."""
    rows = rows_of(
        select(
            SigningCeremony.id, SigningCeremony.held_on, SigningCeremony.slip_percent,
            SigningCeremony.slip_days,
        )
        .where(SigningCeremony.held_on >= on, SigningCeremony.is_cancelled.is_(False))
        .order_by(SigningCeremony.held_on, SigningCeremony.id)
    )  # fmt: skip
    return [
        Ceremony(number, held_on, percent / 100, days) for number, held_on, percent, days in rows
    ]


CHOICES = 300
"""Leads offered for a ceremony at once."""


def signable(actor: Actor) -> Sequence[tuple[int, str]]:
    """(id, title) of the leads in talks a person may put on a ceremony, the furthest first."""
    statement = (
        select(Lead.id, Lead.title)
        .where(may_see(actor), among(IN_TALKS[1:]))
        .order_by(Lead.expected_sign_on.is_(None), Lead.expected_sign_on, Lead.id)
        .limit(CHOICES)
    )
    return [(lead_id, title) for lead_id, title in rows_of(statement)]
