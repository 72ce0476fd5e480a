"""What a lead holds in other tables, read once, and the facts the stage gates judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select

from crm.core.db import db
from crm.enterprises.models import Contact, Enterprise
from crm.leads.models import Activity, Attachment, ExchangeRate, Figure, Lead, Milestone
from crm.leads.rules import (
    AttachmentKind,
    FigureKind,
    FigureSource,
    LeadFacts,
    MilestoneKind,
    Rate,
    starting_milestones,
)
from crm.leads.rules import Figure as FigureFact

START_PROOFS = frozenset({AttachmentKind.PERMIT, AttachmentKind.PHOTO})


@dataclass(slots=True)
class Holdings:
    """Figures (not withdrawn), milestones, kinds of papers, contact, and the local company's code."""

    figures: list[Figure] = field(default_factory=list)
    milestones: dict[MilestoneKind, Milestone] = field(default_factory=dict)
    papers: set[AttachmentKind] = field(default_factory=set)
    has_contact_person: bool = False
    uscc: str = ""

    def day_of(self, kind: MilestoneKind) -> date | None:
        milestone = self.milestones.get(kind)
        return milestone.happened_on if milestone else None


def held_by(lead: Lead) -> Holdings:
    """Five SELECTs, whatever the lead holds. The lead must have its id."""
    session = db.session
    people = exists().where(
        or_(
            Contact.enterprise_id == lead.investor_id,
            Contact.enterprise_id == lead.legal_entity_id,
        )
    )
    met = exists().where(Activity.lead_id == lead.id, Activity.contact_name.is_not(None))
    return Holdings(
        figures=list(
            session.scalars(
                select(Figure)
                .where(Figure.lead_id == lead.id, Figure.is_withdrawn.is_(False))
                .order_by(Figure.id)
            )
        ),
        milestones={
            milestone.kind: milestone
            for milestone in session.scalars(select(Milestone).where(Milestone.lead_id == lead.id))
        },
        papers=set(
            session.scalars(
                select(Attachment.kind)
                .where(Attachment.lead_id == lead.id, Attachment.is_removed.is_(False))
                .distinct()
            )
        ),
        has_contact_person=bool(session.scalar(select(or_(people, met)))),
        uscc=session.scalar(select(Enterprise.uscc).where(Enterprise.id == lead.legal_entity_id))
        or "",
    )


def facts_of(lead: Lead, held: Holdings) -> LeadFacts:
    """The lead as the gates read it, from its attributes and holdings; asks no database."""
    starts = [
        held.milestones[kind] for kind in starting_milestones(lead.path) if kind in held.milestones
    ]
    operating = held.milestones.get(MilestoneKind.OPERATING)
    totals = [f for f in held.figures if f.kind is FigureKind.TOTAL_INVESTMENT]
    return LeadFacts(
        stage=lead.stage,
        path=lead.path,
        title=lead.title or "",
        has_investor=lead.investor_id is not None,
        is_investor_unknown=lead.investor_is_unknown,
        source=lead.source or "",
        first_contact_on=lead.first_contact_on,
        has_contact_person=held.has_contact_person,
        has_amount=bool(totals),
        has_chain=lead.chain_id is not None,
        has_industry=bool(lead.industry_code),
        has_owner=lead.owner_id is not None,
        next_action=lead.next_action or "",
        next_action_on=lead.next_action_on,
        has_segment=lead.segment_id is not None,
        review_result=lead.review_result or "",
        has_review_minutes=AttachmentKind.REVIEW_MINUTES in held.papers,
        has_agreement_draft=AttachmentKind.AGREEMENT_DRAFT in held.papers,
        expected_sign_on=lead.expected_sign_on,
        signed_on=held.day_of(MilestoneKind.SIGNED),
        agreement_type=lead.agreement_type,
        has_agreement_amount=any(f.source is not FigureSource.TALK for f in totals),
        has_agreement_file=AttachmentKind.AGREEMENT in held.papers,
        has_local_entity=lead.legal_entity_id is not None,
        uscc=held.uscc,
        licensed_on=held.day_of(MilestoneKind.REGISTERED),
        started_on=next((m.happened_on for m in starts if m.happened_on), None),
        has_start_proof=any(m.document or m.attachment_id for m in starts)
        or bool(held.papers & START_PROOFS),
        operating_on=operating.happened_on if operating else None,
        has_operating_proof=bool(operating and (operating.document or operating.attachment_id)),
        is_days_order_confirmed=lead.is_days_order_confirmed,
    )


def rates() -> tuple[Rate, ...]:
    """Every known exchange rate."""
    rows = db.session.execute(
        select(ExchangeRate.currency, ExchangeRate.quoted_on, ExchangeRate.cny_per_unit)
    )
    return tuple(Rate(currency, day, rate) for currency, day, rate in rows)


def figure_fact(row: Any) -> FigureFact:
    """A stored figure, or a row of its columns, as the rule reads it; not yet valued in yuan."""
    return FigureFact(
        kind=row.kind,
        source=row.source,
        on=row.as_of,
        amount=row.amount,
        currency=row.currency,
        qualifier=row.qualifier,
        upper=row.upper,
        basis=row.basis,
        document=row.document or ("attachment" if row.attachment_id else None),
        id=row.id,
    )


def told_amounts(held: Holdings) -> Mapping[FigureKind, Figure]:
    """The newest talk figure of each kind: what the form shows and may change."""
    newest: dict[FigureKind, Figure] = {}
    for row in sorted(held.figures, key=lambda row: (row.as_of, row.id)):
        if row.source is FigureSource.TALK:
            newest[row.kind] = row
    return newest
