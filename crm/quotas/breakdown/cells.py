"""The cells of a breakdown: 当月, 累计 and 上年同期 of each row, of the sums, and beside typed figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from crm.leads.rules.filters import NONE, CountedEvent, LeadFilter
from crm.quotas.breakdown.counting import WholeMonths, leads_behind
from crm.quotas.breakdown.lines import Line
from crm.quotas.breakdown.table import Cell, Difference, Dimension, Row, Span
from crm.quotas.division import LastYear
from crm.quotas.models import Quota
from crm.quotas.rules import QuotaTerms, growth_percent, number_of_month


@dataclass(frozen=True, slots=True)
class Counted:
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

    def number(self, line: Line, event: CountedEvent, span: str) -> int:
        return self.numbers.get((line.key, event, span), 0)

    def typed_of(self, line: Line | None, event: CountedEvent) -> int | None:
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


def stands(counted: Counted, line: Line, shares: dict[int, int]) -> bool:
    """A unit or leader no longer in use is shown for as long as a number or a task is theirs."""
    return (
        line.is_active
        or line.key in shares
        or any(number for (key, *_), number in counted.numbers.items() if key == line.key)
    )


def cells_of(
    counted: Counted, line: Line, rests: dict[CountedEvent, int | None]
) -> tuple[Cell, ...]:
    found = []
    by, is_by_month = counted.by, counted.by is Dimension.MONTH
    for event in CountedEvent:
        for span in Span:
            behind = leads_behind(
                counted.quota, event, span, counted.on, line if is_by_month else None
            )
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
    counted: Counted,
    line: Line | None,
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


def _by_whole_month(counted: Counted, line: Line | None, event: CountedEvent) -> int:
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
        if of is event and span == WholeMonths.THIS_YEAR and (line is None or key == line.key)
    )


def _is_meant(counted: Counted, key: int, line: Line | None) -> bool:
    """Whether the row of a month belongs to what is compared: itself, or all whole months."""
    if line is not None:
        return key == line.key
    whole = counted.whole_month
    return key != NONE and whole is not None and key <= counted.months.index(whole) + 1


def _growth(counted: Counted, now: int, before: int) -> Decimal | None:
    return growth_percent(Decimal(now), Decimal(before)) if counted.is_whole else None


def rest_of(counted: Counted, lines: "Sequence[Line]", event: CountedEvent) -> int | None:
    """What the typed figures of the rows leave of the district's; it stands in the line 未定."""
    if counted.by is Dimension.MONTH:
        return None
    district = counted.typed_of(None, event)
    if district is None:
        return None
    return district - sum(counted.typed_of(line, event) or 0 for line in lines)


def sum_of(counted: Counted, rows: Sequence[Row], event: CountedEvent, span: Span) -> Cell:
    """The last line. Of months 累计 is the last row's, and their 当月 add up to the same number."""
    numbers = [_of(row, event, span) for row in rows]
    quota, on = counted.quota, counted.on
    if span is Span.LAST_YEAR:
        now = sum(
            _of(row, event, Span.MONTH if counted.by is Dimension.MONTH else Span.TOTAL) or 0
            for row in rows
        )
        behind = leads_behind(quota, event, span, on)
        return _last_year_cell(counted, None, event, now, sum(n or 0 for n in numbers), behind)
    if counted.by is Dimension.MONTH:
        behind = leads_behind(quota, event, Span.TOTAL, on)
        number = numbers[-1] if span is Span.TOTAL else sum(n or 0 for n in numbers)
        return Cell(event, span, number, behind)
    return Cell(event, span, sum(n or 0 for n in numbers), leads_behind(quota, event, span, on))


def _of(row: Row, event: CountedEvent, span: Span) -> int | None:
    return next(cell.number for cell in row.cells if (cell.event, cell.span) == (event, span))


def differences(counted: Counted, lines: "Sequence[Line]") -> Iterable[Difference]:
    """Where both are known and differ, the district first."""
    month = counted.whole_month
    if not counted.knows_last_year or month is None:
        return
    for event in CountedEvent:
        is_by_month = counted.by is Dimension.MONTH
        span = Span.LAST_YEAR if is_by_month else WholeMonths.LAST_YEAR
        told = [line for line in lines if line.month is None or line.month <= month]
        whole = sum(
            counted.number(line, event, span) for line in told if line.month or not is_by_month
        )
        found: list[tuple[Line | None, int, date]] = [(None, whole, month)]
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
