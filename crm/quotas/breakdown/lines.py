"""The rows of a breakdown before they are counted: everybody in the official order, or the months."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import null, select

from crm.accounts.models import Department, User
from crm.accounts.queries import LEADERS_ORDER
from crm.accounts.rules import Role
from crm.chains.models import Chain
from crm.core.db import rows_of
from crm.leads.models import Lead
from crm.leads.rules.filters import NONE
from crm.places.models import Zone
from crm.quotas.breakdown.table import Dimension
from crm.quotas.division import HOLDER
from crm.quotas.models import Quota, QuotaShare
from crm.quotas.rules import Among, months_of, next_month


@dataclass(frozen=True, slots=True)
class Line:
    """A row before it is counted: the id it stands for, or the days of a month."""

    key: int
    name: str | None = None
    name_en: str | None = None
    month: date | None = None
    since: date | None = None
    until: date | None = None
    is_active: bool = True


def lines_of(by: Dimension) -> list[Line]:
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
            statement = select(Zone.id, Zone.name, Zone.name_en).order_by(Zone.position, Zone.id)
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
        Line(row[0], row[1], row[2], is_active=row[3] if len(row) > 3 else True)
        for row in rows_of(statement)
    ]
    return [*found, Line(NONE)]


def lines_of_months(quota: Quota, on: date) -> list[Line]:
    """The months so far, and one row for what was registered or started after the period."""
    months = [
        Line(place, month=month, since=month, until=next_month(month) - timedelta(days=1))
        for place, month in enumerate(months_of(quota.opens, quota.closes), start=1)
    ]
    first, last = replace(months[0], since=None), months[-1]
    after = Line(NONE, since=(last.until or quota.closes) + timedelta(days=1))
    return [first, *(line for line in (*months[1:], after) if line.since and line.since <= on)]
