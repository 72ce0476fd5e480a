"""Reading quotas and stored verdicts: the leads behind each number, what a lead's page says."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from crm.core.db import db
from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.leads.rules.filters import Outcome as Wanted
from crm.quotas.models import Quota, Verdict

ALL = "ALL"
"""In a filter, instead of a quota's code: any of the year's quotas (去重合计)."""

OVERLAP = "OVERLAP"
"""In a filter, instead of a quota's code: more than one of the year's quotas (重叠)."""

NUMBERS = {
    CountedEvent.SIGNED: (Verdict.signed_from, Verdict.is_signed_pending),
    CountedEvent.REGISTERED: (Verdict.registered_from, Verdict.is_registered_pending),
    CountedEvent.STARTED: (Verdict.started_from, Verdict.is_started_pending),
}
"""For each number the day from which a lead stands in it, and whether it is 待补佐证 there."""


def computed_quotas(year: int | None = None) -> Select[Quota]:
    """The quotas that judge leads, of one year or of all."""
    statement = select(Quota).where(
        Quota.criteria.is_not(None), Quota.universe == "leads", Quota.source == "computed"
    )
    return statement if year is None else statement.where(Quota.year == year)


def judged_leads(wanted: LeadFilter, today: date) -> Select[int] | None:
    """The ids of the leads a filter's quota, year, verdict and event mean; None without a quota.

    With an event: the leads in that number of the quota by the end of `today`, and with the
    verdict `pending` those of them that are 待补佐证 in it. OVERLAP and ALL count as one quota.
    """
    if wanted.quota is None:
        return None
    statement = (
        select(Verdict.lead_id)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Quota.year == (wanted.year or today.year), *_conditions(wanted, today))
    )
    if wanted.quota == OVERLAP:
        return statement.group_by(Verdict.lead_id).having(func.count() > 1)
    return statement if wanted.quota == ALL else statement.where(Quota.code == wanted.quota)


def _conditions(wanted: LeadFilter, today: date) -> list[ColumnElement[bool]]:
    if wanted.event is None:
        return [Verdict.verdict == wanted.verdict.value] if wanted.verdict else []
    since, is_pending = NUMBERS[wanted.event]
    found = [since.is_not(None), since <= today]
    if wanted.verdict is Wanted.PENDING:
        found.append(is_pending.is_(True))
    elif wanted.verdict is not None:
        found += [Verdict.verdict == wanted.verdict.value, is_pending.is_(False)]
    return found


def quotas_of(year: int) -> Sequence[Row[str, str, str | None]]:
    """(code, label, English label) of the year's quotas that judge leads, in their order."""
    return db.session.execute(
        computed_quotas(year)
        .with_only_columns(Quota.code, Quota.label, Quota.label_en)
        .order_by(Quota.position, Quota.id)
    ).all()


def verdicts_of(lead_id: int, year: int) -> list[Row[Any]]:
    """The stored verdicts of a lead on the quotas of `year`, in the order of the quotas.

    A lead whose signing counts in another year answers for that year instead. Rows of (year,
    code, label, label_en, verdict, lacks_yuan, reasons, judged_at).
    """
    rows = db.session.execute(
        select(
            Quota.year,
            Quota.code,
            Quota.label,
            Quota.label_en,
            Verdict.verdict,
            Verdict.lacks_yuan,
            Verdict.reasons,
            Verdict.judged_at,
        )
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Verdict.lead_id == lead_id)
        .order_by(Quota.year, Quota.position, Quota.id)
    ).all()
    years = {row.year for row in rows}
    meant = year if year in years else max(years, default=year)
    return [row for row in rows if row.year == meant]
