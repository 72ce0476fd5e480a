"""封账: when a period may be closed, and what a correction may say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

YEAR = 0
"""In place of a month: the whole year."""


class CloseFault(StrEnum):
    NOT_OVER = "not_over"
    CLOSED_ALREADY = "closed_already"
    LATER_CLOSED = "later_closed"
    YEAR_CLOSED = "year_closed"
    NO_QUOTAS = "no_quotas"


class ExportFault(StrEnum):
    NOT_YET = "not_yet"
    NO_QUOTAS = "no_quotas"


class CorrectionKind(StrEnum):
    """应增, 应减, or a value put right that moves no number."""

    ADD = "add"
    TAKE = "take"
    VALUE = "value"


class CorrectionFault(StrEnum):
    COUNTED_ALREADY = "counted_already"
    NOT_COUNTED = "not_counted"
    VALUE_MISSING = "value_missing"
    VALUE_UNASKED = "value_unasked"
    VALUE_NOT_YUAN = "value_not_yuan"


def cutoff(year: int, month: int, cutoff_day: int, closes: date) -> date:
    """The last day of a period: the month's statistics cut-off, or the end of the year's period.

    December ends with the year's period where that ends in December: nothing falls between.
    """
    if month == YEAR or (closes.year == year and closes.month == month):
        return closes
    return date(year, month, cutoff_day)


def why_not_close(
    month: int, closes_on: date, closed: Collection[int], today: date, *, has_quotas: bool = True
) -> tuple[CloseFault, ...]:
    """Everything that speaks against closing a month (0: the year); empty if nothing does.

    ``closed`` are the months of the year closed already. Months close in their order, so that a
    frozen number is never known later than the one after it.
    """
    found = []
    if not has_quotas:
        found.append(CloseFault.NO_QUOTAS)
    if closes_on >= today:
        found.append(CloseFault.NOT_OVER)
    if month in closed:
        found.append(CloseFault.CLOSED_ALREADY)
    elif month != YEAR and YEAR in closed:
        found.append(CloseFault.YEAR_CLOSED)
    elif month != YEAR and any(other > month for other in closed):
        found.append(CloseFault.LATER_CLOSED)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class CorrectionSaid:
    """What a correction says of a lead in one number of a closed quota."""

    kind: CorrectionKind
    lead_id: int
    value_yuan: int | None = None


def why_not_correct(
    said: CorrectionSaid, frozen: Collection[int], earlier: Collection[CorrectionSaid]
) -> tuple[CorrectionFault, ...]:
    """What speaks against a correction: a lead is added where it is not counted, and taken where it is.

    ``frozen`` are the leads behind the frozen number, ``earlier`` the corrections of that number.
    """
    found = []
    is_counted = said.lead_id in corrected(frozen, earlier)
    if said.kind is CorrectionKind.ADD and is_counted:
        found.append(CorrectionFault.COUNTED_ALREADY)
    if said.kind is not CorrectionKind.ADD and not is_counted:
        found.append(CorrectionFault.NOT_COUNTED)
    if said.kind is CorrectionKind.VALUE and said.value_yuan is None:
        found.append(CorrectionFault.VALUE_MISSING)
    if said.kind is not CorrectionKind.VALUE and said.value_yuan is not None:
        found.append(CorrectionFault.VALUE_UNASKED)
    return tuple(found)


def corrected(frozen: Collection[int], corrections: Collection[CorrectionSaid]) -> frozenset[int]:
    """The leads of a number with its corrections, in their order; the frozen ones stay as they are."""
    found = set(frozen)
    for each in corrections:
        if each.kind is CorrectionKind.ADD:
            found.add(each.lead_id)
        elif each.kind is CorrectionKind.TAKE:
            found.discard(each.lead_id)
    return frozenset(found)
