"""封账 and 更正: a period is closed once, and corrected by entries beside it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.closing.models import (
    ClosedFigure,
    ClosedMilestone,
    ClosedPeriod,
    ClosedQuota,
    ClosedVerdict,
    ClosingCorrection,
)
from crm.closing.queries.closed import cutoff_of, frozen_quotas, periods_of
from crm.closing.queries.standings import standing_document
from crm.closing.rules import (
    YEAR,
    CloseFault,
    CorrectionFault,
    CorrectionKind,
    CorrectionSaid,
    Number,
    cutoff,
    why_not_close,
    why_not_correct,
)
from crm.closing.wording import word
from crm.core.bulk import among, chunked, insert_rows
from crm.core.db import db, rows_of
from crm.core.errors import Fault, NotFound, Refused
from crm.history import services as history
from crm.leads.access import lead_for
from crm.leads.models import Attachment, Milestone
from crm.leads.models import Figure as FigureRow
from crm.quotas.models import Quota
from crm.quotas.rules import Outcome

DAYS = ("signed_from", "registered_from", "started_from")


def close_period(
    actor: Actor, at: datetime, year: int, month: int, note: str | None, *, today: date
) -> ClosedPeriod:
    """Freeze a month of the year, or the whole of it (month 0), as it is known now.

    Verdicts, terms, figures and papers are kept as rows; a closed year also keeps its verdicts from
    being judged again. There is no way back. To be run in `transaction(alone=True)`, like an
    export. Raises Refused with everything that stands against it.
    """
    # The rows of the year are the gate: two who close at once queue here.
    quotas = db.session.scalars(
        select(Quota).where(Quota.year == year).order_by(Quota.id).with_for_update()
    ).all()
    days = cutoff_of(year)
    if days is None:
        raise Refused([_fault(CloseFault.NO_QUOTAS)])
    closes_on = cutoff(year, month, *days)
    closed = {row.month for row in periods_of(year)}
    if faults := why_not_close(month, closes_on, closed, today):
        raise Refused([_fault(each) for each in faults])
    history.tell_until(at)
    document = standing_document(year, closes_on, at)
    assert document is not None
    period = ClosedPeriod(
        year=year,
        month=month,
        closes_on=closes_on,
        closed_at=at,
        closed_by_id=actor.id,
        overlap=document["overlap"],
        distinct_total=document["distinct"],
        note=note,
    )
    try:
        with db.session.begin_nested():
            db.session.add(period)
    except IntegrityError:  # a second leader was quicker
        raise Refused([_fault(CloseFault.CLOSED_ALREADY)]) from None
    _freeze(period, document)
    if month == YEAR:
        for quota in quotas:
            quota.frozen_at = at
            quota.version += 1
    history.record(
        actor, at, "period_closed", period,
        after={
            "year": year, "month": month or None, "closes_on": closes_on,
            **{quota["code"]: quota["signed"] for quota in document["quotas"]},
        },
        note=note,
    )  # fmt: skip
    return period


def _fault(code: CloseFault) -> Fault:
    return Fault("", code, word(code))


def _freeze(period: ClosedPeriod, document: dict[str, Any]) -> None:
    lead_ids: set[int] = set()
    for told in document["quotas"]:
        quota = ClosedQuota(
            period_id=period.id,
            opens=date.fromisoformat(told["opens"]),
            closes=date.fromisoformat(told["closes"]),
            **{
                name: told[name]
                for name in (
                    "quota_id", "code", "label", "label_en", "target", "due", "modality", "event",
                    "criteria", "nodes", "signed", "registered", "started", "recognised",
                )
            },
        )  # fmt: skip
        db.session.add(quota)
        db.session.flush()
        insert_rows(ClosedVerdict, [_verdict(quota.id, lead) for lead in told["leads"]])
        lead_ids |= {lead["lead_id"] for lead in told["leads"]}
    _freeze_papers(period.id, lead_ids)


def _verdict(closed_quota_id: int, lead: dict[str, Any]) -> dict[str, Any]:
    days = {name: date.fromisoformat(lead[name]) if lead[name] else None for name in DAYS}
    outcome = Outcome(lead["verdict"])
    return {**lead, **days, "verdict": outcome, "closed_quota_id": closed_quota_id}


def _freeze_papers(period_id: int, lead_ids: Collection[int]) -> None:
    for some in chunked(lead_ids):
        figures = rows_of(
            select(
                FigureRow.lead_id, FigureRow.kind, FigureRow.source, FigureRow.as_of,
                FigureRow.stated_text, FigureRow.amount, FigureRow.upper, FigureRow.currency,
                FigureRow.qualifier, FigureRow.basis, FigureRow.document, Attachment.filename,
            )
            .outerjoin(Attachment, Attachment.id == FigureRow.attachment_id)
            .where(among(FigureRow.lead_id, some), FigureRow.is_withdrawn.is_(False))
            .order_by(FigureRow.lead_id, FigureRow.id)
        )  # fmt: skip
        insert_rows(ClosedFigure, [_paper(period_id, row) for row in figures])
        milestones = rows_of(
            select(
                Milestone.lead_id, Milestone.kind, Milestone.happened_on, Milestone.statistics_on,
                Milestone.document, Attachment.filename,
            )
            .outerjoin(Attachment, Attachment.id == Milestone.attachment_id)
            .where(among(Milestone.lead_id, some))
            .order_by(Milestone.lead_id, Milestone.id)
        )  # fmt: skip
        insert_rows(ClosedMilestone, [_paper(period_id, row) for row in milestones])


def _paper(period_id: int, row: Any) -> dict[str, Any]:
    told = dict(row._mapping)
    filename = told.pop("filename")
    return {**told, "document": told["document"] or filename, "period_id": period_id}


FIELD_OF = {CorrectionFault.VALUE_MISSING: "value", CorrectionFault.VALUE_UNASKED: "value"}


@dataclass(frozen=True, slots=True)
class Correction:
    """What a bureau leader signs beside a frozen number."""

    code: str
    number: Number
    kind: CorrectionKind
    lead_id: int
    value_yuan: int | None
    document_number: str
    reason: str


def correct(actor: Actor, at: datetime, period_id: int, said: Correction) -> ClosingCorrection:
    """Add a correction; the frozen number stays as it is. Raises Refused, NotFound."""
    db.session.execute(
        select(ClosedPeriod.id).where(ClosedPeriod.id == period_id).with_for_update()
    )
    quota = next((each for each in frozen_quotas(period_id) if each.row.code == said.code), None)
    if quota is None:
        raise NotFound
    lead = lead_for(actor, said.lead_id)
    facts = CorrectionSaid(said.kind, said.lead_id, said.value_yuan)
    faults = why_not_correct(facts, quota.frozen(said.number), quota.said(said.number))
    if faults:
        raise Refused([Fault(FIELD_OF.get(each, "lead_id"), each, word(each)) for each in faults])
    entry = ClosingCorrection(
        closed_quota_id=quota.row.id,
        number=said.number,
        kind=said.kind,
        lead_id=lead.id,
        value_yuan=said.value_yuan,
        document_number=said.document_number,
        reason=said.reason,
        by_id=actor.id,
        at=at,
    )
    db.session.add(entry)
    db.session.flush()
    history.record(
        actor, at, "closing_corrected", entry,
        after={
            "quota": said.code, "number": said.number, "kind": said.kind,
            "value_yuan": said.value_yuan, "document_number": said.document_number,
        },
        lead_id=lead.id,
        note=said.reason,
    )  # fmt: skip
    return entry
