"""Reading stored verdicts: the leads behind each number, and what a lead's page says."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from crm.core.db import db
from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.leads.rules.filters import Outcome as Wanted
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import Outcome


def judged_leads(wanted: LeadFilter, today: date) -> Select[int] | None:
    """The ids of the leads a filter's quota, year, verdict and event mean; None without a quota.

    With an event: the leads in that number of the quota as of today, each number part of the one
    before it. Their verdict says COUNTS or PENDING, and a pending one is a verdict or a stated
    event whose evidence is to come.
    """
    if wanted.quota is None:
        return None
    statement = (
        select(Verdict.lead_id)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Quota.code == wanted.quota, Quota.year == (wanted.year or today.year))
    )
    if wanted.event is None:
        return statement.where(Verdict.verdict == wanted.verdict) if wanted.verdict else statement
    return statement.where(*_in_number(wanted.event, wanted.verdict, today))


def _in_number(
    event: CountedEvent, verdict: Wanted | None, today: date
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Verdict.verdict.in_((Outcome.COUNTS, Outcome.PENDING)),
        Verdict.period_on.between(Quota.opens, Quota.closes),
        Verdict.period_on <= today,
    ]
    if event in {CountedEvent.REGISTERED, CountedEvent.STARTED}:
        found.append(Verdict.registered_on <= today)
    if event is CountedEvent.STARTED:
        found.append(Verdict.started_on <= today)
    if verdict is Wanted.PENDING:
        found.append(or_(Verdict.verdict == Outcome.PENDING, Verdict.is_pending_event))
    elif verdict is not None:
        found.append(and_(Verdict.verdict == verdict, Verdict.is_pending_event.is_(False)))
    return found


def quotas_of(year: int) -> Sequence[Row[str, str, str | None]]:
    """(code, label, English label) of the year's quotas that judge leads, in their order."""
    return db.session.execute(
        select(Quota.code, Quota.label, Quota.label_en)
        .where(Quota.year == year, Quota.criteria.is_not(None), Quota.universe == "leads")
        .order_by(Quota.position, Quota.id)
    ).all()


def verdicts_of(lead_id: int, year: int) -> Sequence[Any]:
    """The stored verdicts of a lead on the year's quotas, in the order of the quotas.

    Rows of (code, label, label_en, verdict, lacks_yuan, reasons, judged_at).
    """
    return db.session.execute(
        select(
            Quota.code,
            Quota.label,
            Quota.label_en,
            Verdict.verdict,
            Verdict.lacks_yuan,
            Verdict.reasons,
            Verdict.judged_at,
        )
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Verdict.lead_id == lead_id, Quota.year == year)
        .order_by(Quota.position, Quota.id)
    ).all()
