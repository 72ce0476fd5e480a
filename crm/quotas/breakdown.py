"""A quota's number taken apart by unit, sponsor, chain, cluster area or month: it always adds up."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, null, select

from crm.accounts.models import Department, User
from crm.accounts.queries import LEADERS_ORDER
from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain
from crm.core.db import rows_of
from crm.leads.models import Lead
from crm.leads.rules.filters import NONE, CountedEvent, LeadFilter
from crm.places.models import Zone
from crm.quotas.division import HOLDER, LastYear, last_year_of, shares_of
from crm.quotas.facts import terms_of
from crm.quotas.models import Quota, QuotaShare, Verdict
from crm.quotas.queries import NUMBERS, reach
from crm.quotas.rules import (
    Among,
    CountingEvent,
    Divided,
    QuotaTerms,
    completion_percent,
    completion_places,
    due_of_share,
    due_under,
    growth_percent,
    last_whole_month,
    months_of,
    next_month,
    number_of_month,
)


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
AMONG = {Dimension.DEPARTMENT: Among.DEPARTMENT, Dimension.SPONSOR: Among.SPONSOR}
"""Where a target is divided along the same rows."""

HELD = {
    CountingEvent.SIGNED: CountedEvent.SIGNED,
    CountingEvent.SIGNED_AND_REGISTERED: CountedEvent.REGISTERED,
    CountingEvent.STARTED: CountedEvent.STARTED,
}
"""The number that is held against the target."""


class Span(StrEnum):
    """当月, 累计, and 上年同期: last year's quota by the same day of that year."""

    MONTH = "month"
    TOTAL = "total"
    LAST_YEAR = "last_year"


class _WholeMonths(StrEnum):
    """Both years by the end of the last whole month: what typed figures can be held against."""

    THIS_YEAR = "this_year"
    LAST_YEAR = "year_before"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number and exactly the leads behind it.

    上年同期 is None where nobody knows it. Where it was typed (录入) no leads stand behind it, and
    `by_month` is the month of this year whose end it compares; `is_rest`: what the typed figures of
    the rows leave of the district's. `growth` is 同比 in per cent.
    """

    event: CountedEvent
    span: Span
    number: int | None
    behind: LeadFilter
    growth: Decimal | None = None
    is_typed: bool = False
    by_month: date | None = None
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """任务, 应达, 完成 and 完成率 of one line; `place` by 完成率 where the ranking is on."""

    target: int | None
    due: int | None
    reached: int
    percent: Decimal | None = None
    is_rest: bool = False  # 未分解: nobody's yet
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line; without a name it is what nobody has set (未定), or after the period (`month`)."""

    name: str | None
    name_en: str | None
    month: date | None
    cells: tuple[Cell, ...]
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of the year before that was typed, and what our own ledger says of the same months.

    Without a name it is the district; `is_one_month` says that it is of that month alone.
    """

    event: CountedEvent
    name: str | None
    name_en: str | None
    month: date
    computed: int
    typed: int
    document: str | None
    is_one_month: bool = False


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The rows in the official order, never by number, and the sums below them.

    `divided` is told where the target is divided along the rows; `event` is held against it.
    """

    rows: tuple[Row, ...]
    sums: tuple[Cell, ...]
    event: CountedEvent
    task: Task | None
    divided: Divided | None
    differences: tuple[Difference, ...]
    typed: LastYear
    is_whole: bool

    @property
    def shows_typed(self) -> bool:
        return any(cell.is_typed for cell in self.sums)

    @property
    def shows_targets(self) -> bool:
        """Whether the lines have targets of their own to be completed."""
        return self.divided is not None

    def by_completion(self) -> "Breakdown":
        """The lines by 完成率, those without a task in the official order behind them."""
        tasks = [row.task or Task(None, None, 0) for row in self.rows]
        places = completion_places(
            [(each.reached, None if each.is_rest else each.target) for each in tasks]
        )
        rows = [
            replace(row, task=replace(task, place=place))
            for row, task, place in zip(self.rows, tasks, places, strict=True)
        ]
        last = len(rows) + 1
        rows.sort(key=lambda row: (row.task and row.task.place) or last)
        return replace(self, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is needed to write the cells of one breakdown."""

    quota: Quota
    terms: QuotaTerms
    by: Dimension
    on: date
    is_whole: bool
    numbers: dict[tuple[int, CountedEvent, str], int]
    knows_last_year: bool  # our own ledger holds last year's
    typed: LastYear
    whole_month: date | None
    months: tuple[date, ...] = field(default=())

    def number(self, line: "_Line", event: CountedEvent, span: str) -> int:
        return self.numbers.get((line.key, event, span), 0)

    def typed_of(self, line: "_Line | None", event: CountedEvent) -> int | None:
        """What was typed for a line, or for the whole district (None), by the last whole month."""
        if not self.is_whole or self.whole_month is None:
            return None
        before = self.whole_month.replace(year=self.whole_month.year - 1)
        if line is None:
            return self.typed.of(event).get(before)
        if self.by is Dimension.MONTH:
            if line.month is None or line.month > self.whole_month:
                return None
            cumulative = self.typed.of(event)
            months = [month.replace(year=month.year - 1) for month in self.months]
            return number_of_month(cumulative, months, line.month.replace(year=line.month.year - 1))
        if self.by is Dimension.DEPARTMENT and line.key != NONE:
            return self.typed.of(event, line.key).get(before)
        return None


def breakdown(actor: Actor, quota: Quota, by: Dimension, on: date) -> Breakdown:
    """The numbers of a quota by the end of the day `on`, in five queries.

    Sensitive leads are in the numbers of whoever counts the whole district, as on the card. Whoever
    counts a part of it is told no per cent and no typed figure: both are of the whole.
    """
    last = _last_year(quota)
    months = months_of(quota.opens, quota.closes)
    lines = _months(quota, on) if by is Dimension.MONTH else _lines(by)
    shares = shares_of([quota.id], AMONG[by]).get(quota.id, {}) if by in AMONG else {}
    whole_month = last_whole_month(months, on)
    numbers, knows_last_year = _numbers(actor, quota.id, last, by, lines, on, whole_month)
    counted = _Counted(
        quota=quota,
        terms=terms_of(quota),
        by=by,
        on=on,
        is_whole=reach(actor) is None,
        numbers=numbers,
        knows_last_year=knows_last_year,
        typed=last_year_of(quota.id),
        whole_month=whole_month,
        months=months,
    )
    divided = Divided(quota.target, sum(shares.values())) if shares else None
    lines = [line for line in lines if _stands(counted, line, shares)]
    rests = {event: _rest(counted, lines, event) for event in CountedEvent}
    rows = tuple(
        Row(
            line.name,
            line.name_en,
            line.month,
            _cells(counted, line, rests),
            _task(counted, line, shares, divided),
        )
        for line in lines
    )
    sums = tuple(_sum(counted, rows, event, span) for event in CountedEvent for span in Span)
    event = HELD[counted.terms.event]
    reached = next(c.number or 0 for c in sums if (c.event, c.span) == (event, Span.TOTAL))
    return Breakdown(
        rows,
        sums,
        event,
        _whole_task(counted, reached, divided),
        divided,
        tuple(_differences(counted, lines)),
        counted.typed if counted.is_whole else LastYear(),
        counted.is_whole,
    )


def _stands(counted: _Counted, line: "_Line", shares: dict[int, int]) -> bool:
    """A unit or leader no longer in use is shown for as long as a number or a task is theirs."""
    return (
        line.is_active
        or line.key in shares
        or any(number for (key, *_), number in counted.numbers.items() if key == line.key)
    )


def _task(
    counted: _Counted, line: "_Line", shares: dict[int, int], divided: Divided | None
) -> Task | None:
    reached = counted.number(line, HELD[counted.terms.event], Span.TOTAL)
    if counted.by is Dimension.MONTH:
        until = min(line.until or counted.on, counted.on)
        return Task(None, due_under(counted.terms, until), reached)
    if divided is None:
        return None
    if line.key == NONE:
        return Task(divided.undivided or None, None, reached, is_rest=True)
    target = shares.get(line.key)
    return Task(
        target,
        None if target is None else due_of_share(target, counted.terms, counted.on),
        reached,
        completion_percent(reached, target) if counted.is_whole else None,
    )


def _whole_task(counted: _Counted, reached: int, divided: Divided | None) -> Task | None:
    """The last line: the shares and 未分解; 应达 and 完成率 are the district's own."""
    if divided is None and counted.by is not Dimension.MONTH:
        return None
    target = counted.quota.target
    return Task(
        divided.total if divided else target,
        due_under(counted.terms, counted.on),
        reached,
        completion_percent(reached, target) if counted.is_whole else None,
    )


def _rest(counted: _Counted, lines: "Sequence[_Line]", event: CountedEvent) -> int | None:
    """What the typed figures of the rows leave of the district's; it stands in the line 未定."""
    if counted.by is Dimension.MONTH:
        return None
    district = counted.typed_of(None, event)
    if district is None:
        return None
    return district - sum(counted.typed_of(line, event) or 0 for line in lines)


def _differences(counted: _Counted, lines: "Sequence[_Line]") -> Iterable[Difference]:
    """Where both are known and differ, the district first."""
    month = counted.whole_month
    if not counted.knows_last_year or month is None:
        return
    for event in CountedEvent:
        is_by_month = counted.by is Dimension.MONTH
        span = Span.LAST_YEAR if is_by_month else _WholeMonths.LAST_YEAR
        told = [line for line in lines if line.month is None or line.month <= month]
        whole = sum(
            counted.number(line, event, span) for line in told if line.month or not is_by_month
        )
        found: list[tuple[_Line | None, int, date]] = [(None, whole, month)]
        found += [
            (line, counted.number(line, event, span), line.month or month)
            for line in told
            if line.key != NONE
        ]
        for line, computed, on in found:
            typed = counted.typed_of(line, event)
            if typed is None or typed == computed:
                continue
            unit = line.key if line and counted.by is Dimension.DEPARTMENT else None
            before = on.replace(year=on.year - 1)
            document = counted.typed.document_of(event, unit, before)
            name, name_en = (line.name, line.name_en) if line else (None, None)
            yield Difference(
                event,
                name,
                name_en,
                on,
                computed,
                typed,
                document,
                is_one_month=line is not None and is_by_month,
            )


def _sum(counted: _Counted, rows: Sequence[Row], event: CountedEvent, span: Span) -> Cell:
    """The last line. Of months 累计 is the last row's, and their 当月 add up to the same number."""
    numbers = [_of(row, event, span) for row in rows]
    quota, on = counted.quota, counted.on
    if span is Span.LAST_YEAR:
        now = sum(
            _of(row, event, Span.MONTH if counted.by is Dimension.MONTH else Span.TOTAL) or 0
            for row in rows
        )
        behind = _behind(quota, event, span, on)
        return _last_year_cell(counted, None, event, now, sum(n or 0 for n in numbers), behind)
    if counted.by is Dimension.MONTH:
        behind = _behind(quota, event, Span.TOTAL, on)
        number = numbers[-1] if span is Span.TOTAL else sum(n or 0 for n in numbers)
        return Cell(event, span, number, behind)
    return Cell(event, span, sum(n or 0 for n in numbers), _behind(quota, event, span, on))


def _of(row: Row, event: CountedEvent, span: Span) -> int | None:
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
    is_active: bool = True


def _lines(by: Dimension) -> list[_Line]:
    """Everybody in the official order, and 未定 last."""
    statement: Any
    match by:
        case Dimension.DEPARTMENT:
            statement = select(
                Department.id, Department.name, Department.name_en, Department.is_active
            ).order_by(Department.position, Department.id)
        case Dimension.CHAIN:
            statement = select(Chain.id, Chain.name, Chain.name_en).order_by(
                Chain.position, Chain.id
            )
        case Dimension.ZONE:
            statement = select(Zone.id, Zone.name).order_by(Zone.position, Zone.id)
        case _:
            sponsors = select(Lead.sponsor_id).where(Lead.sponsor_id.is_not(None))
            holders = select(HOLDER[Among.SPONSOR]).where(QuotaShare.sponsor_id.is_not(None))
            is_leader = User.is_active & (User.role == Role.DISTRICT_LEADER)
            statement = (
                select(User.id, User.name, null(), User.is_active)
                .where(is_leader | User.id.in_(sponsors) | User.id.in_(holders))
                .order_by(*LEADERS_ORDER)
            )
    found = [
        _Line(
            row[0],
            row[1],
            row[2] if len(row) > 2 else None,
            is_active=row[3] if len(row) > 3 else True,
        )
        for row in rows_of(statement)
    ]
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
    whole_month: date | None,
) -> tuple[dict[tuple[int, CountedEvent, str], int], bool]:
    """Every cell by row, event and span, in one grouped query; and whether last year's ledger holds
    anything at all of this quota."""
    names: list[tuple[int | None, CountedEvent, str]] = []
    columns: list[ColumnElement[int]] = []
    for event, (since, _pending) in NUMBERS.items():
        for line in lines if by is Dimension.MONTH else [None]:
            for span in Span:
                days = _days(span, on, line)
                wanted = last if span is Span.LAST_YEAR else quota_id
                names.append((line.key if line else None, event, span))
                columns.append(_counted(since, wanted, days))
        if by is not Dimension.MONTH and whole_month is not None:
            until = next_month(whole_month) - timedelta(days=1)
            for part, wanted, end in (
                (_WholeMonths.THIS_YEAR, quota_id, until),
                (_WholeMonths.LAST_YEAR, last, _month_end(year_before(until))),
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
    counted: _Counted, line: _Line, rests: dict[CountedEvent, int | None]
) -> tuple[Cell, ...]:
    found = []
    by, is_by_month = counted.by, counted.by is Dimension.MONTH
    for event in CountedEvent:
        for span in Span:
            behind = _behind(counted.quota, event, span, counted.on, line if is_by_month else None)
            if not is_by_month:
                behind = replace(behind, **{by.value: line.key})
            number = counted.number(line, event, span)
            if span is not Span.LAST_YEAR:
                found.append(Cell(event, span, number, behind))
            elif not counted.knows_last_year and line.key == NONE and rests[event] is not None:
                found.append(Cell(event, span, rests[event], behind, is_typed=True, is_rest=True))
            else:
                now = counted.number(line, event, Span.MONTH if is_by_month else Span.TOTAL)
                found.append(_last_year_cell(counted, line, event, now, number, behind))
    return tuple(found)


def _last_year_cell(
    counted: _Counted,
    line: _Line | None,
    event: CountedEvent,
    now: int,
    before: int,
    behind: LeadFilter,
) -> Cell:
    """上年同期 as our ledger holds it; where it holds nothing, as typed; else unknown.

    Typed figures are of whole months, so that 同比 then holds both years at the end of one.
    """
    if counted.knows_last_year:
        return Cell(event, Span.LAST_YEAR, before, behind, _growth(counted, now, before))
    typed = counted.typed_of(line, event)
    if typed is None:
        return Cell(event, Span.LAST_YEAR, None, behind)
    month = counted.whole_month if line is None or line.month is None else line.month
    return Cell(
        event,
        Span.LAST_YEAR,
        typed,
        behind,
        _growth(counted, _by_whole_month(counted, line, event), typed),
        is_typed=True,
        by_month=month,
    )


def _by_whole_month(counted: _Counted, line: _Line | None, event: CountedEvent) -> int:
    """This year's number by the end of the last whole month, or of a whole month alone."""
    if counted.by is Dimension.MONTH:
        return sum(
            number
            for (key, of, span), number in counted.numbers.items()
            if of is event and span == Span.MONTH and _is_meant(counted, key, line)
        )
    return sum(
        number
        for (key, of, span), number in counted.numbers.items()
        if of is event and span == _WholeMonths.THIS_YEAR and (line is None or key == line.key)
    )


def _is_meant(counted: _Counted, key: int, line: _Line | None) -> bool:
    """Whether the row of a month belongs to what is compared: itself, or all whole months."""
    if line is not None:
        return key == line.key
    whole = counted.whole_month
    return key != NONE and whole is not None and key <= counted.months.index(whole) + 1


def _growth(counted: _Counted, now: int, before: int) -> Decimal | None:
    return growth_percent(Decimal(now), Decimal(before)) if counted.is_whole else None


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
