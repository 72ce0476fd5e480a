"""When a lead is expected to sign and how sure its owner is: kept, dated, and stated anew."""

from datetime import date, datetime

from sqlalchemy import inspect, select

from crm.accounts.rules import Actor
from crm.core.clock import office_day
from crm.core.db import db
from crm.leads.models import Lead, SigningDayChange
from crm.leads.rules import StageSource, slips


def keep_prospects(
    actor: Actor, at: datetime, lead: Lead, *, source: StageSource = StageSource.PERSON
) -> None:
    """Before a changed lead is written: a row for its expected signing day, a day for its confidence.

    Every service that may change either calls it in front of the flush.
    """
    state = inspect(lead).attrs
    confidence = state.confidence.load_history()
    if confidence.has_changes():
        lead.confidence_on = office_day(at) if lead.confidence is not None else None
    day = state.expected_sign_on.load_history()
    if not day.has_changes():
        return
    before = day.deleted[0] if day.deleted else None
    if before == lead.expected_sign_on:
        return
    known = db.session.execute(
        select(SigningDayChange.before, SigningDayChange.after)
        .where(SigningDayChange.lead_id == lead.id)
        .order_by(SigningDayChange.id)
    ).all()
    stated: list[date | None] = [known[0].before] if known else []
    stated += [row.after for row in known]
    found = slips([*stated, before, lead.expected_sign_on])
    lead.signing_slips, lead.signing_slip_days = found.count, found.days
    db.session.add(
        SigningDayChange(
            lead_id=lead.id, before=before, after=lead.expected_sign_on,
            changed_on=office_day(at), source=source, by_id=actor.id or None, at=at,
        )
    )  # fmt: skip
