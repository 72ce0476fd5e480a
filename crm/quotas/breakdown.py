"""A quota's number taken apart by unit, sponsor, chain, cluster area or month: it always adds up."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm.accounts.models import Department, User
from crm.accounts.queries import LEADERS_ORDER
from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain
from crm.core.db import rows_of
from crm.leads.models import Lead
from crm.leads.rules.filters import NONE, CountedEvent, LeadFilter
from crm.places.models import Zone
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import NUMBERS, reach
from crm.quotas.rules import months_of, next_month


class Dimension(StrEnum):
    DEPARTMENT = "department"
    SPONSOR = "sponsor"
    CHAIN = "chain"
    ZONE = "zone"
    MONTH = "month"


COLUMNS = {
    Dimension.DEPARTMENT: Lead.department_id,
    Dimension.SPONSOR: Lead.sponsor_id,
    Dimension.CHAIN: Lead.chain_id,
    Dimension.ZONE: Lead.zone_id,
}


class Span(StrEnum):
    """当月, 累计, and 上年同期: last year's quota by the same day of that year."""

    MONTH = "month"
    TOTAL = "total"
    LAST_YEAR = "last_year"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number and exactly the leads behind it."""

    event: CountedEvent
    span: Span
    number: int
    behind: LeadFilter


@dataclass(frozen=True, slots=True)
class Row:
    """One line; without a name it is what nobody has set (未定), or after the period (`month`)."""

    name: str | None
    name_en: str | None
    month: date | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The rows in the official order, never by number, and the sums below them."""

    rows: tuple[Row, ...]
    sums: tuple[Cell, ...]


def breakdown(actor: Actor, quota: Quota, by: Dimension, on: date) -> Breakdown:
    """The numbers of a quota by the end of the day `on`, in three queries.

    Sensitive leads are in the numbers of whoever counts the whole district, as on the card.
    """
    last = _last_year(quota)
    lines = _months(quota, on) if by is Dimension.MONTH else _lines(by)
    numbers = _numbers(actor, quota.id, last, by, lines, on)
    rows = tuple(
        Row(line.name, line.name_en, line.month, _cells(quota, by, line, numbers, on))
        for line in lines
    )
    sums = tuple(_sum(quota, by, rows, event, span, on) for event in CountedEvent for span in Span)
    return Breakdown(rows, sums)


def _sum(
    quota: Quota, by: Dimension, rows: Sequence[Row], event: CountedEvent, span: Span, on: date
) -> Cell:
    """The last line. Of months 累计 is the last row's, and their 当月 add up to the same number."""
    numbers = [_of(row, event, span) for row in rows]
    if by is Dimension.MONTH and span is not Span.LAST_YEAR:
        behind = _behind(quota, event, Span.TOTAL, on)
        return Cell(event, span, numbers[-1] if span is Span.TOTAL else sum(numbers), behind)
    return Cell(event, span, sum(numbers), _behind(quota, event, span, on))


def _of(row: Row, event: CountedEvent, span: Span) -> int:
    return next(cell.number for cell in row.cells if (cell.event, cell.span) == (event, span))


@dataclass(frozen=True, slots=True)
class _Line:
    """A row before it is counted: the id it stands for, or the days of a month."""

    key: int
    name: str | None = None
    name_en: str | None = None
    month: date | None = None
    since: date | None = None
    until: date | None = None


def _lines(by: Dimension) -> list[_Line]:
    """Everybody in the official order, and 未定 last: leaders by rank, then in the order of entry."""
    statement: Any
    match by:
        case Dimension.DEPARTMENT:
            statement = select(Department.id, Department.name, Department.name_en).order_by(
                Department.position, Department.id
            )
        case Dimension.CHAIN:
            statement = select(Chain.id, Chain.name, Chain.name_en).order_by(
                Chain.position, Chain.id
            )
        case Dimension.ZONE:
            statement = select(Zone.id, Zone.name).order_by(Zone.position, Zone.id)
        case _:
            sponsors = select(Lead.sponsor_id).where(Lead.sponsor_id.is_not(None))
            is_leader = User.is_active & (User.role == Role.DISTRICT_LEADER)
            statement = (
                select(User.id, User.name)
                .where(is_leader | User.id.in_(sponsors))
                .order_by(*LEADERS_ORDER)
            )
    found = [_Line(row[0], row[1], row[2] if len(row) > 2 else None) for row in rows_of(statement)]
    return [*found, _Line(NONE)]


def _months(quota: Quota, on: date) -> list[_Line]:
    """The months so far, and one row for what was registered or started after the period."""
    months = [
        _Line(place, month=month, since=month, until=next_month(month) - timedelta(days=1))
        for place, month in enumerate(months_of(quota.opens, quota.closes), start=1)
    ]
    first, last = replace(months[0], since=None), months[-1]
    after = _Line(NONE, since=(last.until or quota.closes) + timedelta(days=1))
    return [first, *(line for line in (*months[1:], after) if line.since and line.since <= on)]


def year_before(day: date) -> date:
    """The same day a year earlier; the 28th for the 29th of February."""
    last = monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))


def _numbers(
    actor: Actor,
    quota_id: int,
    last: int | None,
    by: Dimension,
    lines: Sequence[_Line],
    on: date,
) -> dict[tuple[int, CountedEvent, Span], int]:
    """Every cell by row, event and span, in one grouped query."""
    names, columns = [], []
    for event, (since, _pending) in NUMBERS.items():
        for line in lines if by is Dimension.MONTH else [None]:
            for span in Span:
                days = _days(span, on, line)
                wanted = last if span is Span.LAST_YEAR else quota_id
                names.append((line.key if line else None, event, span))
                columns.append(_counted(since, wanted, days))
    ids = [each for each in (quota_id, last) if each is not None]
    key = COLUMNS.get(by)
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
    found: dict[tuple[int, CountedEvent, Span], int] = {}
    for row in rows_of(statement):
        values = list(row)
        own = (values.pop(0) or NONE) if key is not None else NONE
        for (place, event, span), number in zip(names, values, strict=True):
            found[own if place is None else place, event, span] = number or 0
    return found


def _counted(
    since: Any, quota_id: int | None, days: tuple[date | None, date]
) -> ColumnElement[int]:
    condition = (Verdict.quota_id == (quota_id or 0)) & (since <= days[1])
    if days[0] is not None:
        condition &= since >= days[0]
    return func.count().filter(condition)


def _days(span: Span, on: date, line: _Line | None) -> tuple[date | None, date]:
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


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _cells(
    quota: Quota,
    by: Dimension,
    line: _Line,
    numbers: dict[tuple[int, CountedEvent, Span], int],
    on: date,
) -> tuple[Cell, ...]:
    found = []
    for event in CountedEvent:
        for span in Span:
            behind = _behind(quota, event, span, on, line if by is Dimension.MONTH else None)
            if by is not Dimension.MONTH:
                behind = replace(behind, **{by.value: line.key})
            found.append(Cell(event, span, numbers.get((line.key, event, span), 0), behind))
    return tuple(found)


def _behind(
    quota: Quota, event: CountedEvent, span: Span, on: date, line: _Line | None = None
) -> LeadFilter:
    first, last = _days(span, on, line)
    year = quota.year - 1 if span is Span.LAST_YEAR else quota.year
    return LeadFilter(quota=quota.code, year=year, event=event, since=first, until=last)


def _last_year(quota: Quota) -> int | None:
    row = rows_of(
        select(Quota.id).where(Quota.year == quota.year - 1, Quota.code == quota.code)
    ).one_or_none()
    return row[0] if row else None
