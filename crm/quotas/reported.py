"""Reading what departments reported: the figure that holds for each month, and those before it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.core.db import rows_of
from crm.quotas.models import QuotaOwner, ReportedFigure


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


def reports_of(quota_ids: Collection[int]) -> Mapping[int, Reports]:
    """What was reported of these indicators, in one query; nothing for the others."""
    if not quota_ids:
        return {}
    found: dict[int, list[Report]] = defaultdict(list)
    rows = rows_of(
        select(
            ReportedFigure.quota_id,
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
        .where(ReportedFigure.quota_id.in_(sorted(quota_ids)))
        .order_by(ReportedFigure.quota_id, ReportedFigure.month, ReportedFigure.number)
    )
    for quota_id, *entry in rows:
        found[quota_id].append(Report(*entry))
    return {quota_id: Reports(tuple(entries)) for quota_id, entries in found.items()}


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
