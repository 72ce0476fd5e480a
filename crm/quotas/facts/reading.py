"""Leads as the rules read them: a fixed number of SELECTs for any number of leads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from crm.chains.models import Chain
from crm.core.bulk import among
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.leads.models import Attachment, Lead, Milestone, StageChange
from crm.leads.models import Figure as FigureRow
from crm.leads.rules import (
    CLOSED,
    AttachmentKind,
    Basis,
    Figure,
    FigureSource,
    MilestoneKind,
    Stage,
)
from crm.places.models import Carrier, Zone
from crm.quotas.groups import Rankings
from crm.quotas.rules import JudgedLead, MilestoneDay

CHUNK = 1000
"""Leads read at once: few round trips, little memory."""


PAPERS_OF_SOURCE: dict[FigureSource, AttachmentKind] = {
    FigureSource.AGREEMENT: AttachmentKind.AGREEMENT,
    FigureSource.FILING: AttachmentKind.FILING,
    FigureSource.STATISTICS: AttachmentKind.STATISTICS,
}


PAPERS_OF_MILESTONE: dict[MilestoneKind, frozenset[AttachmentKind]] = {
    MilestoneKind.SIGNED: frozenset({AttachmentKind.AGREEMENT}),
    MilestoneKind.REGISTERED: frozenset({AttachmentKind.LICENCE}),
    MilestoneKind.FILED: frozenset({AttachmentKind.FILING}),
    MilestoneKind.LAND_SUPPLIED: frozenset({AttachmentKind.LAND_PAPER}),
    MilestoneKind.STARTED: frozenset({AttachmentKind.PERMIT, AttachmentKind.PHOTO}),
    MilestoneKind.MOVED_IN: frozenset({AttachmentKind.PERMIT, AttachmentKind.PHOTO}),
    MilestoneKind.TAXPAYING: frozenset({AttachmentKind.STATISTICS}),
}
"""Which uploaded file of the lead proves what, where the fact itself names no paper."""


def facts_of(
    lead_ids: Iterable[int],
    *,
    on: date | None = None,
    lock: bool = False,
    first_entries: bool = True,
) -> Iterator[JudgedLead]:
    """The leads as quotas read them, in the order of their ids.

    Without `first_entries` what else a ranked company's group signed is left out: for quotas that
    do not ask it.

    With `on` a closing dated after that day has not happened yet. With `lock` nobody else changes
    these leads until the transaction ends (on PostgreSQL; SQLite has one writer anyway).
    """
    ids = sorted(set(lead_ids))
    for start in range(0, len(ids), CHUNK):
        yield from _chunk(ids[start : start + CHUNK], on, lock=lock, first_entries=first_entries)


def _chunk(
    ids: Sequence[int], on: date | None, *, lock: bool, first_entries: bool
) -> Iterator[JudgedLead]:
    statement = (
        select(
            Lead.id,
            Lead.title,
            Lead.stage,
            Lead.stage_before_off_ramp,
            Lead.path,
            Lead.agreement_type,
            Lead.is_physical,
            Lead.is_headquarters,
            Lead.headquarters_type,
            Lead.nature,
            Lead.origin,
            Lead.promotion_mode,
            Lead.chain_role,
            Lead.exclusion,
            Lead.contract_lead_id,
            Lead.investor_id,
            Lead.list_enterprise_id,
            Lead.list_shareholding,
            Chain.code.label("chain"),
            Zone.code.label("zone"),
            Enterprise.ownership,
        )
        .outerjoin(Chain, Chain.id == Lead.chain_id)
        .outerjoin(Carrier, Carrier.id == Lead.carrier_id)
        .outerjoin(Zone, Zone.id == func.coalesce(Lead.zone_id, Carrier.zone_id))
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .where(among(Lead.id, ids))
        .order_by(Lead.id)
    )
    if lock:
        statement = statement.with_for_update(key_share=True, of=Lead)
    leads = db.session.execute(statement).all()
    papers = _papers(ids)
    figures = _figures(ids, papers)
    milestones = _milestones(ids, papers)
    rankings = Rankings(leads, first_entries=first_entries)
    still_open = _closed_later(leads, on)
    for lead in leads:
        is_open = lead.id in still_open
        yield JudgedLead(
            id=lead.id,
            title=lead.title,
            stage=(lead.stage_before_off_ramp or Stage.LEAD) if is_open else lead.stage,
            path=lead.path,
            agreement_type=lead.agreement_type,
            milestones=tuple(milestones[lead.id]),
            figures=tuple(figures[lead.id]),
            rankings=rankings.of(lead, _signed_on(milestones[lead.id], on) or on),
            is_physical=lead.is_physical,
            is_headquarters=lead.is_headquarters,
            headquarters_type=lead.headquarters_type,
            nature=lead.nature,
            origin=lead.origin,
            promotion_mode=lead.promotion_mode,
            ownership=lead.ownership,
            chain=lead.chain,
            chain_role=lead.chain_role,
            zone=lead.zone,
            exclusion=lead.exclusion,
            contract_lead_id=lead.contract_lead_id,
        )


def _signed_on(milestones: Iterable[MilestoneDay], on: date | None) -> date | None:
    """The day of signing, as far as it is known by the day `on`."""
    days = (each.day for each in milestones if each.kind is MilestoneKind.SIGNED)
    return min((day for day in days if on is None or day <= on), default=None)


def _papers(ids: Sequence[int]) -> dict[int, dict[AttachmentKind, str]]:
    """The name of one file of each kind, lead by lead."""
    found: dict[int, dict[AttachmentKind, str]] = defaultdict(dict)
    rows = db.session.execute(
        select(Attachment.lead_id, Attachment.kind, Attachment.filename)
        .where(among(Attachment.lead_id, ids), Attachment.is_removed.is_(False))
        .order_by(Attachment.id)
    )
    for lead_id, kind, filename in rows:
        found[lead_id][kind] = filename
    return found


def _figures(
    ids: Sequence[int], papers: dict[int, dict[AttachmentKind, str]]
) -> dict[int, list[Figure]]:
    found: dict[int, list[Figure]] = defaultdict(list)
    rows = db.session.execute(
        select(
            FigureRow.id,
            FigureRow.lead_id,
            FigureRow.kind,
            FigureRow.source,
            FigureRow.as_of,
            FigureRow.amount,
            FigureRow.upper,
            FigureRow.currency,
            FigureRow.qualifier,
            FigureRow.basis,
            FigureRow.document,
            Attachment.filename,
        )
        .outerjoin(
            Attachment,
            (Attachment.id == FigureRow.attachment_id) & Attachment.is_removed.is_(False),
        )
        .where(among(FigureRow.lead_id, ids), FigureRow.is_withdrawn.is_(False))
        .order_by(FigureRow.id)
    )
    for (
        number, lead_id, kind, source, as_of, amount, upper, currency, qualifier, basis,
        document, filename,
    ) in rows:  # fmt: skip
        proof = PAPERS_OF_SOURCE.get(source)
        found[lead_id].append(
            Figure(
                kind=kind,
                source=source,
                on=as_of,
                amount=amount,
                currency=currency,
                qualifier=qualifier,
                upper=upper,
                basis=Basis(basis) if basis else None,
                document=document
                or filename
                or (papers.get(lead_id, {}).get(proof) if proof else None),
                id=number,
            )
        )
    return found


def _milestones(
    ids: Sequence[int], papers: dict[int, dict[AttachmentKind, str]]
) -> dict[int, list[MilestoneDay]]:
    found: dict[int, list[MilestoneDay]] = defaultdict(list)
    rows = db.session.execute(
        select(
            Milestone.lead_id,
            Milestone.kind,
            Milestone.happened_on,
            Milestone.statistics_on,
            Milestone.known_on,
            Milestone.document,
            Attachment.filename,
        )
        .outerjoin(
            Attachment,
            (Attachment.id == Milestone.attachment_id) & Attachment.is_removed.is_(False),
        )
        .where(among(Milestone.lead_id, ids))
        .order_by(Milestone.id)
    )
    for lead_id, kind, happened_on, statistics_on, known_on, document, filename in rows:
        own = papers.get(lead_id, {}).keys() & PAPERS_OF_MILESTONE.get(kind, frozenset())
        found[lead_id].append(
            MilestoneDay(
                kind=kind,
                on=happened_on,
                known_on=known_on,
                stat_on=statistics_on,
                has_papers=bool(document or filename or own),
            )
        )
    return found


def _closed_later(leads: Sequence[Row[*tuple[Any, ...]]], on: date | None) -> set[int]:
    """Those of the closed leads that were not closed yet at the end of the day `on`."""
    closed = [lead.id for lead in leads if lead.stage in CLOSED]
    if on is None or not closed:
        return set()
    last = (
        select(StageChange.lead_id, func.max(StageChange.happened_on).label("day"))
        .where(among(StageChange.lead_id, closed), StageChange.to_stage.in_(CLOSED))
        .group_by(StageChange.lead_id)
        .subquery()
    )
    return set(db.session.scalars(select(last.c.lead_id).where(last.c.day > on)))
