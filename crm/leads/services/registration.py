"""Registering a lead: the quick form, and the receipt (报备回执) it yields."""

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.chains.models import Segment
from crm.chains.services.companies import add_company
from crm.core.db import db
from crm.core.errors import Faults, Refused
from crm.enterprises import services as enterprises
from crm.enterprises.models import Enterprise
from crm.history import services as history
from crm.leads.models import Lead, StageChange
from crm.leads.rules import ChainMove, FigureKind, FigureSource, Stage, StageSource
from crm.leads.services.figures import NewFigure, Stated, put, settle_investment
from crm.leads.services.holdings import Holdings
from crm.leads.services.marks import refresh_words


@dataclass(frozen=True, slots=True)
class Registration:
    """What the quick form holds. The investor: a known company, a name, or unknown."""

    title: str
    source: str
    investor_id: int | None = None
    investor_name: str | None = None
    same_name_reason: str | None = None
    uscc: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    total_investment: Stated | None = None
    chain_id: int | None = None
    segment_id: int | None = None
    """Its chain is the lead's, whatever `chain_id` says."""
    chain_move: ChainMove | None = None
    remark: str | None = None
    next_action: str | None = None
    next_action_on: date | None = None


def receipt_number(lead_id: int, day: date) -> str:
    """BB20261123-000123: the office day and the lead's own number."""
    return f"BB{day:%Y%m%d}-{lead_id:06d}"


def register(actor: Actor, at: datetime, wanted: Registration, *, today: date) -> Lead:
    """A new lead of the actor and the actor's department, with its receipt number.

    Raises Refused: unknown_investor, same_name (see `crm.enterprises.services.add`), same_uscc,
    segment (retired or unknown).
    """
    chain_id = _chain_of(wanted.segment_id) if wanted.segment_id is not None else wanted.chain_id
    investor = _investor(actor, at, wanted)
    lead = Lead(
        title=wanted.title,
        source=wanted.source,
        investor_id=investor.id if investor else None,
        investor_is_unknown=investor is None,
        chain_id=chain_id,
        segment_id=wanted.segment_id,
        chain_move=wanted.chain_move,
        remark=wanted.remark,
        next_action=wanted.next_action,
        next_action_on=wanted.next_action_on,
        owner_id=actor.id or None,
        department_id=actor.department_id,
        first_talk_department_id=actor.department_id,
        stage=Stage.LEAD,
        stage_since=today,
        stage_source=StageSource.PERSON,
        last_progress_on=today,
        created_by_id=actor.id or None,
        created_at=at,
        version=1,
    )
    if investor is None and wanted.contact_name:
        told = " ".join(filter(None, (wanted.contact_name, wanted.contact_phone)))
        lead.remark = "\n".join(filter(None, (told, wanted.remark)))
    db.session.add(lead)
    db.session.flush()
    lead.receipt_number = receipt_number(lead.id, today)
    db.session.add(
        StageChange(
            lead_id=lead.id, from_stage=None, to_stage=Stage.LEAD, happened_on=today,
            source=StageSource.PERSON, by_id=actor.id or None, at=at,
        )
    )  # fmt: skip
    if investor is not None and wanted.contact_name:
        enterprises.add_contact(actor, at, investor.id, wanted.contact_name, wanted.contact_phone)
    held = Holdings()
    if wanted.total_investment:
        told = NewFigure(
            FigureKind.TOTAL_INVESTMENT, FigureSource.TALK, today, wanted.total_investment
        )
        put(actor, at, lead, held, told)
    settle_investment(lead, held, today)
    refresh_words(lead)
    history.record(
        actor, at, "lead_registered", lead,
        after={
            "title": lead.title, "receipt_number": lead.receipt_number,
            "investor": investor.name if investor else None, "source": lead.source,
        },
        lead_id=lead.id, department_id=lead.department_id,
    )  # fmt: skip
    return lead


def _chain_of(segment_id: int) -> int:
    found = db.session.execute(
        select(Segment.chain_id).where(Segment.id == segment_id, Segment.retired_on.is_(None))
    ).one_or_none()
    faults = Faults()
    if found is None:
        faults.add("segment", "segment", _l("这个环节已不在用，请从产业链重新选择"))
    faults.raise_if_any()
    assert found is not None
    return int(found.chain_id)


def _investor(actor: Actor, at: datetime, wanted: Registration) -> Enterprise | None:
    if wanted.investor_id is not None:
        known = db.session.get(Enterprise, wanted.investor_id)
        if known is None:
            faults = Faults()
            faults.add("investor", "unknown_investor", _l("找不到这家企业，请重新搜索"))
            raise Refused(faults.found)
        return known
    if wanted.investor_name is None:
        return None
    return add_company(
        actor, at, wanted.investor_name,
        uscc=wanted.uscc, same_name_reason=wanted.same_name_reason,
    )  # fmt: skip
