"""Reading what departments reported: the figure that holds for each month, and those before it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.core.db import rows_of
from crm.quotas.models import Quota, QuotaOwner, ReportedFigure


@dataclass(frozen=True, slots=True)
class Report:
    """One official figure as it was entered. `number` counts the entries of its month from 1."""

    month: date
    number: int
    value: Decimal
    stated_text: str
    as_of: date
    document: str
    last_year: Decimal | None
    note: str | None
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Reports:
    """All entries of one indicator, by month and number."""

    entries: tuple[Report, ...] = ()

    @property
    def current(self) -> dict[date, Report]:
        """The entry that holds for each reported month, in the order of the months."""
        return {entry.month: entry for entry in self.entries}

    @property
    def latest(self) -> Report | None:
        return next(reversed(self.current.values()), None)

    def of(self, month: date) -> tuple[Report, ...]:
        """Every entry of a month, the first one first."""
        return tuple(entry for entry in self.entries if entry.month == month)


_ENTRIES = (
    select(
        ReportedFigure.month,
        ReportedFigure.number,
        ReportedFigure.value,
        ReportedFigure.stated_text,
        ReportedFigure.as_of,
        ReportedFigure.document,
        ReportedFigure.last_year_value,
        ReportedFigure.note,
        User.name,
        ReportedFigure.recorded_at,
    )
    .outerjoin(User, User.id == ReportedFigure.recorded_by_id)
    .order_by(ReportedFigure.quota_id, ReportedFigure.month, ReportedFigure.number)
)


def reports_of(quota_id: int) -> Reports:
    """What was reported of this indicator."""
    rows = rows_of(_ENTRIES.where(ReportedFigure.quota_id == quota_id))
    return Reports(tuple(Report(*row) for row in rows))


def reports_of_years(*years: int) -> Mapping[tuple[int, str], Reports]:
    """By year and code what was reported of the indicators of some years, in one query; nothing for
    the others."""
    found: dict[tuple[int, str], list[Report]] = defaultdict(list)
    statement = (
        _ENTRIES.add_columns(Quota.year, Quota.code)
        .join(Quota, Quota.id == ReportedFigure.quota_id)
        .where(Quota.year.in_(years))
    )
    for *entry, year, code in rows_of(statement):
        found[year, code].append(Report(*entry))
    return {key: Reports(tuple(entries)) for key, entries in found.items()}


@dataclass(frozen=True, slots=True)
class Owner:
    department_id: int
    name: str
    name_en: str | None


def owners_of(quota_ids: Collection[int]) -> Mapping[int, Owner]:
    """The departments that answer for these quotas and indicators."""
    if not quota_ids:
        return {}
    rows = rows_of(
        select(QuotaOwner.quota_id, Department.id, Department.name, Department.name_en)
        .join(Department, Department.id == QuotaOwner.department_id)
        .where(QuotaOwner.quota_id.in_(sorted(quota_ids)))
    )
    return {row[0]: Owner(*row[1:]) for row in rows}
