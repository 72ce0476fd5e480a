"""A chain with something on it: local companies, needs and leads at named segments."""

from datetime import date

from sqlalchemy import select

from crm.chains.models import AnchorNeed, Chain, Presence, Segment
from crm.chains.rules import NeedKind, PresenceRole, Strength
from crm.core import clock
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import loose_name, normalise_name
from crm.leads.models import Lead
from crm.leads.rules import Stage


def segment_id(code: str) -> int:
    return db.session.scalars(select(Segment.id).where(Segment.code == code)).one()


def add_company(name: str) -> Enterprise:
    row = Enterprise(name=name, name_norm=normalise_name(name), name_loose=loose_name(name))
    db.session.add(row)
    db.session.flush()
    return row


def add_presence(code: str, company: Enterprise | str, **fields) -> Presence:
    """Of medium strength, a supplier, checked today, unless said otherwise."""
    row = company if isinstance(company, Enterprise) else add_company(company)
    made = {"role": PresenceRole.SUPPLIER, "strength": Strength.MEDIUM, "checked_on": clock.today()}
    presence = Presence(enterprise_id=row.id, segment_id=segment_id(code), **made | fields)
    db.session.add(presence)
    db.session.flush()
    return presence


def add_need(code: str, company: Enterprise, **fields) -> AnchorNeed:
    made = {"kind": NeedKind.SUPPLY, "description": "配套", "noted_on": clock.today()}
    need = AnchorNeed(enterprise_id=company.id, segment_id=segment_id(code), **made | fields)
    db.session.add(need)
    db.session.flush()
    return need


def add_lead_at(code: str, title: str, stage: Stage, on: date | None = None, **fields) -> Lead:
    """A lead at a segment and on its chain; `on` is when it came to its stage."""
    chain_id = db.session.scalars(
        select(Chain.id).join(Segment, Segment.chain_id == Chain.id).where(Segment.code == code)
    ).one()
    day = on or clock.today()
    lead = Lead(
        title=title, stage=stage, stage_since=day, last_progress_on=day, chain_id=chain_id,
        segment_id=segment_id(code), **fields,
    )  # fmt: skip
    db.session.add(lead)
    db.session.flush()
    return lead
