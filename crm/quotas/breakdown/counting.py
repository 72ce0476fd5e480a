"""Every number of a breakdown in one grouped query, and the days and leads behind each."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.models import Lead
from crm.leads.rules.filters import NONE, CountedEvent, LeadFilter
from crm.quotas.breakdown.lines import Line
from crm.quotas.breakdown.table import Dimension, Span
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import NUMBERS, reach
from crm.quotas.rules import next_month

COLUMNS = {
    Dimension.DEPARTMENT: Lead.department_id,
    Dimension.SPONSOR: Lead.sponsor_id,
    Dimension.CHAIN: Lead.chain_id,
    Dimension.ZONE: Lead.zone_id,
}


class WholeMonths(StrEnum):
    """Both years by the end of the last whole month: what typed figures can be held against."""

    THIS_YEAR = "this_year"
    LAST_YEAR = "year_before"


def numbers_of(
    actor: Actor,
    quota_id: int,
    last: int | None,
    by: Dimension,
    lines: Sequence[Line],
    on: date,
    whole_month: date | None,
) -> tuple[dict[tuple[int, CountedEvent, str], int], bool]:
    """Every cell by row, event and span, in one grouped query; and whether last year's ledger holds
    anything at all of this quota."""
    names: list[tuple[int | None, CountedEvent, str]] = []
    columns: list[ColumnElement[int]] = []
    for event, (since, _pending) in NUMBERS.items():
        for line in lines if by is Dimension.MONTH else [None]:
            for span in Span:
                days = days_of(span, on, line)
                wanted = last if span is Span.LAST_YEAR else quota_id
                names.append((line.key if line else None, event, span))
                columns.append(_counted(since, wanted, days))
        if by is not Dimension.MONTH and whole_month is not None:
            until = next_month(whole_month) - timedelta(days=1)
            for part, wanted, end in (
                (WholeMonths.THIS_YEAR, quota_id, until),
                (WholeMonths.LAST_YEAR, last, _month_end(year_before(until))),
            ):
                names.append((None, event, part))
                columns.append(_counted(since, wanted, (None, end)))
    ids = [each for each in (quota_id, last) if each is not None]
    key = COLUMNS.get(by)
    columns.append(func.count().filter(Verdict.quota_id == (last or 0)))
    statement = (
        select(*([key] if key is not None else []), *columns)
        .select_from(Verdict)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Verdict.quota_id.in_(ids), Verdict.signed_from.is_not(None))
    )
    if key is not None:
        statement = statement.group_by(key)
    within = reach(actor)
    if within is not None:
        statement = statement.where(within)
    found: dict[tuple[int, CountedEvent, str], int] = {}
    knows_last_year = False
    for row in rows_of(statement):
        values = list(row)
        own = (values.pop(0) or NONE) if key is not None else NONE
        knows_last_year |= bool(values.pop())
        for (place, event, span), number in zip(names, values, strict=True):
            found[own if place is None else place, event, span] = number or 0
    return found, knows_last_year


def _counted(
    since: Any, quota_id: int | None, days: tuple[date | None, date]
) -> ColumnElement[int]:
    condition = (Verdict.quota_id == (quota_id or 0)) & (since <= days[1])
    if days[0] is not None:
        condition &= since >= days[0]
    return func.count().filter(condition)


def days_of(span: Span, on: date, line: Line | None) -> tuple[date | None, date]:
    """First and last day that a cell counts; a row of a month narrows them to its own days.

    In such a row 累计 runs from the beginning, and 上年同期 is the same month of last year.
    """
    first, end = (line.since, line.until) if line else (None, None)
    if span is Span.LAST_YEAR:
        on = year_before(on)
        first, end = first and year_before(first), end and _month_end(year_before(end))
    elif span is Span.TOTAL:
        first = None
    elif line is None:
        first = on.replace(day=1)
    return first, min(on, end) if end else on


def year_before(day: date) -> date:
    """The same day a year earlier; the 28th for the 29th of February."""
    last = monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def leads_behind(
    quota: Quota, event: CountedEvent, span: Span, on: date, line: Line | None = None
) -> LeadFilter:
    first, last = days_of(span, on, line)
    year = quota.year - 1 if span is Span.LAST_YEAR else quota.year
    return LeadFilter(quota=quota.code, year=year, event=event, since=first, until=last)
