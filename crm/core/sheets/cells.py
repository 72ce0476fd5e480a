"""What cells of a filled-in table say: amounts in the unit of their header, days. None where unreadable."""

import re
from datetime import date

from crm.core.days import DayError, DayKind, parse_day
from crm.core.money import AmountError, Unit, parse_amount, unit_named
from crm.core.sheets.grid import Value

_IN_BRACKETS = re.compile(r"[（(]([^（）()]+)[)）]")
_ENGLISH_UNITS = {"CNY 10,000": Unit.WAN, "CNY 100 million": Unit.YI, "CNY": Unit.YUAN}


def unit_in(head: Value) -> Unit | None:
    """The unit that a header names in brackets: 年产值（万元）, Yearly output (CNY 10,000)."""
    found = _IN_BRACKETS.search(str(head or ""))
    if not found:
        return None
    return _ENGLISH_UNITS.get(found[1].strip()) or unit_named(found[1])


def yuan_in_cell(value: Value, unit: Unit | None, *, is_exact: bool = False) -> int | None:
    """An amount in CNY, of a range its lower bound; a bare number is in `unit`, and says nothing where
    there is none. `is_exact` reads nothing from 约6亿 and the like.
    """
    if value is None or isinstance(value, (bool, date)):
        return None
    try:
        amount = parse_amount(value, bare_unit=unit)
    except AmountError:
        return None
    if amount.currency != "CNY" or (is_exact and amount.qualifier is not None):
        return None
    return amount.value


def day_in_cell(value: Value, today: date) -> date | None:
    """A day as typed or as a spreadsheet keeps it; without a year the latest such day by `today`."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return parse_day(value, kind=DayKind.PAST, as_of=today)
    except DayError:
        return None
