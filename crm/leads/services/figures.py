"""Amounts of a lead as dated facts. Rows are added or withdrawn, never overwritten."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.bulk import chunked
from crm.core.db import db
from crm.core.errors import Faults, NotFound
from crm.core.money import Amount
from crm.leads import access
from crm.leads.models import Figure, Lead, Milestone
from crm.leads.rules import (
    CNY,
    Basis,
    FigureKind,
    FigureSource,
    MilestoneKind,
    Rate,
    judged_figure,
    valued,
)
from crm.leads.services import marks
from crm.leads.services.holdings import Holdings, figure_fact, held_by, rates
from crm.leads.services.marks import touch


@dataclass(frozen=True, slots=True)
class Stated:
    """One amount as typed (`text`, with its unit) and as read (`amount`)."""

    text: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class NewFigure:
    kind: FigureKind
    source: FigureSource
    as_of: date
    stated: Stated
    basis: Basis | None = None
    document: str | None = None
    attachment_id: int | None = None


def put(actor: Actor, at: datetime, lead: Lead, held: Holdings, new: NewFigure) -> Figure:
    """Add one figure row to a lead already locked, with its history event."""
    amount = new.stated.amount
    row = Figure(
        lead_id=lead.id,
        kind=new.kind,
        source=new.source,
        as_of=new.as_of,
        stated_text=new.stated.text,
        amount=amount.value,
        upper=amount.upper,
        currency=amount.currency,
        qualifier=amount.qualifier,
        basis=new.basis,
        document=new.document,
        attachment_id=new.attachment_id,
        recorded_by_id=actor.id or None,
        recorded_at=at,
        is_withdrawn=False,
    )
    db.session.add(row)
    db.session.flush()
    held.figures.append(row)
    marks.record(
        actor, at, "figure_added", lead, row,
        after={
            "kind": new.kind, "source": new.source, "as_of": new.as_of,
            "stated_text": new.stated.text, "document": new.document,
        },
    )  # fmt: skip
    return row


def settle_investment(lead: Lead, held: Holdings, today: date) -> None:
    """Keep what lists sort and show equal to the judged total investment, in yuan.

    A foreign amount is taken at the signing day's rate, before signing at the latest; without any
    rate the list shows the text alone.
    """
    known = rates() if any(row.currency != CNY for row in held.figures) else ()
    _settle(lead, held.figures, held.day_of(MilestoneKind.SIGNED), known, today)


def settle_investments(lead_ids: Collection[int], today: date) -> None:
    """The same for many leads at once, after a rate changed; three SELECTs for every thousand."""
    known = rates()
    for ids in chunked(lead_ids):
        figures: dict[int, list[Figure]] = {}
        for row in db.session.scalars(
            select(Figure).where(Figure.lead_id.in_(ids), Figure.is_withdrawn.is_(False))
        ):
            figures.setdefault(row.lead_id, []).append(row)
        signings = db.session.execute(
            select(Milestone.lead_id, Milestone.happened_on).where(
                Milestone.lead_id.in_(ids), Milestone.kind == MilestoneKind.SIGNED
            )
        )
        signed = {lead_id: day for lead_id, day in signings}  # noqa: C416  rows are no pairs to dict
        for lead in db.session.scalars(select(Lead).where(Lead.id.in_(ids))):
            _settle(lead, figures.get(lead.id, []), signed.get(lead.id), known, today)


def _settle(
    lead: Lead, rows: list[Figure], signed_on: date | None, known: Sequence[Rate], today: date
) -> None:
    facts = [figure_fact(row) for row in rows if row.kind is FigureKind.TOTAL_INVESTMENT]
    judged = judged_figure(facts, FigureKind.TOTAL_INVESTMENT, lead.stage.is_signed, today)
    if judged is None:
        lead.investment_yuan, lead.investment_text = None, None
        return
    fact = judged.figure
    if fact.currency != CNY:
        fact = valued(fact, known, signed_on=signed_on, today=today)
    lead.investment_yuan = fact.yuan
    lead.investment_text = next(row.stated_text for row in rows if row.id == fact.id)


def add_figure(actor: Actor, at: datetime, lead_id: int, new: NewFigure, *, today: date) -> Figure:
    """Record an amount with its source, day and paper. Raises NotFound, Refused."""
    lead = access.lead_to_edit(actor, lead_id)
    held = held_by(lead)
    faults = Faults()
    if new.as_of > today:
        faults.add("as_of", "day_in_future", _l("日期晚于今天，请核对"))
    if new.source is not FigureSource.TALK and not (new.document or new.attachment_id):
        faults.add("document", "document", _l("请写明文件名称、文号，或上传文件"))
    if new.kind is FigureKind.HEADQUARTERS_REVENUE and new.basis is None:
        faults.add("basis", "basis", _l("请说明营业收入的口径：承诺、实际还是并表"))
    faults.raise_if_any()
    row = put(actor, at, lead, held, new)
    settle_investment(lead, held, today)
    touch(lead)
    return row


def withdraw_figure(
    actor: Actor, at: datetime, lead_id: int, figure_id: int, reason: str, *, today: date
) -> Figure:
    """Take a figure entered by mistake out of the judging; the row and its history stay.

    Raises NotFound for a figure of another lead or one already withdrawn.
    """
    lead = access.lead_to_edit(actor, lead_id)
    held = held_by(lead)
    row = next((row for row in held.figures if row.id == figure_id), None)
    if row is None:
        raise NotFound
    withdraw(actor, at, lead, held, row, reason)
    settle_investment(lead, held, today)
    touch(lead)
    return row


def withdraw(
    actor: Actor, at: datetime, lead: Lead, held: Holdings, row: Figure, reason: str | None
) -> None:
    row.is_withdrawn = True
    held.figures.remove(row)
    marks.record(
        actor, at, "figure_withdrawn", lead, row,
        before={"kind": row.kind, "source": row.source, "stated_text": row.stated_text},
        note=reason,
    )  # fmt: skip
