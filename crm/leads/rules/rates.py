"""Exchange rates as they are typed and as a file brings them. Pure."""

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from crm.core.days import DayError, DayKind, parse_day

CNY = "CNY"
MOST_LINES = 5000
DECIMALS = 6
LARGEST_RATE = Decimal(1000)
HEADINGS = {
    "date": "date", "日期": "date", "quoted_on": "date",
    "currency": "currency", "币种": "currency", "货币": "currency",
    "cny_per_unit": "rate", "汇率": "rate", "中间价": "rate",
}  # fmt: skip


class RateFault(StrEnum):
    NO_HEADINGS = "no_headings"
    TOO_MANY_LINES = "too_many_lines"
    DAY = "day"
    DAY_IN_FUTURE = "day_in_future"
    CURRENCY = "currency"
    RATE = "rate"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class QuotedRate:
    """Yuan for one unit of a currency, as published for a day."""

    currency: str
    quoted_on: date
    cny_per_unit: Decimal


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong in a line of a file; `line` counts from 1 with the headings."""

    line: int
    code: RateFault
    text: str = ""


def read_rate(text: str) -> Decimal | None:
    """A rate as typed, with at most six decimals; None if it is none."""
    try:
        rate = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not rate.is_finite() or not 0 < rate <= LARGEST_RATE or rate != round(rate, DECIMALS):
        return None
    return rate


def read_file(
    text: str, *, currencies: Collection[str], today: date
) -> tuple[list[QuotedRate], list[LineFault]]:
    """Every rate of a CSV with the headings date, currency, cny_per_unit, and every fault in it.

    Lines with a fault yield no rate; a file is taken only when there is no fault.
    """
    lines = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    try:
        headings = [HEADINGS.get(cell.strip().lower(), "") for cell in next(lines, [])]
    except csv.Error:
        headings = []
    if not {"date", "currency", "rate"} <= set(headings):
        return [], [LineFault(1, RateFault.NO_HEADINGS)]
    found: list[QuotedRate] = []
    faults: list[LineFault] = []
    seen: set[tuple[str, date]] = set()
    try:
        for number, cells in enumerate(lines, 2):
            if number > MOST_LINES + 1:
                return [], [LineFault(number, RateFault.TOO_MANY_LINES)]
            if not any(cell.strip() for cell in cells):
                continue
            row = dict(zip(headings, (cell.strip() for cell in cells), strict=False))
            read = _read_line(number, row, currencies, today)
            if isinstance(read, LineFault):
                faults.append(read)
            elif (read.currency, read.quoted_on) in seen:
                faults.append(LineFault(number, RateFault.TWICE, row["date"]))
            else:
                seen.add((read.currency, read.quoted_on))
                found.append(read)
    except csv.Error:
        faults.append(LineFault(lines.line_num, RateFault.RATE))
    return found, faults


def _read_line(
    number: int, row: dict[str, str], currencies: Collection[str], today: date
) -> QuotedRate | LineFault:
    day, currency, rate = (row.get(name, "") for name in ("date", "currency", "rate"))
    try:
        quoted_on = parse_day(day, kind=DayKind.PAST, as_of=today)
    except DayError:
        return LineFault(number, RateFault.DAY, day)
    if quoted_on > today:
        return LineFault(number, RateFault.DAY_IN_FUTURE, day)
    if currency.upper() not in currencies or currency.upper() == CNY:
        return LineFault(number, RateFault.CURRENCY, currency)
    value = read_rate(rate)
    if value is None:
        return LineFault(number, RateFault.RATE, rate)
    return QuotedRate(currency.upper(), quoted_on, value)
