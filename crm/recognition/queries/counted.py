"""The list behind a sum over the year's quotas: a row for each project in each quota it counts in."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from crm.accounts.models import Department
from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import computed_quotas, reach
from crm.recognition.queries.numbers import placed
from crm.recognition.queries.standing import approved_in
from crm.recognition.rules import Counting, Level


@dataclass(frozen=True, slots=True)
class CountedPage:
    """Some rows of (quota_id, label, label_en, lead_id, title, department, day) in the order of the
    quotas, then of the days; how many there are, and how many more the person may not see."""

    rows: list[Any]
    total: int
    unseen: int


def counted_in(
    actor: Actor, year: int, counting: Counting, on: date, *, start: int, limit: int
) -> CountedPage:
    """A page of the list behind the sum of a year, as far as the person counts it; two queries."""
    pairs = _pairs(year, counting, on)
    quotas = computed_quotas(year).with_only_columns(Quota.id)
    statement = (
        select(func.count(), func.count().filter(may_see(actor)))
        .select_from(pairs)
        .join(Lead, Lead.id == pairs.c.lead_id)
        .where(pairs.c.quota_id.in_(quotas))
    )
    within = reach(actor)
    whole, seen = rows_of(statement if within is None else statement.where(within)).one()
    rows = rows_of(
        select(
            Quota.id.label("quota_id"),
            Quota.label,
            Quota.label_en,
            Lead.id.label("lead_id"),
            Lead.title,
            Department.name.label("department"),
            pairs.c.day,
        )
        .select_from(pairs)
        .join(Quota, Quota.id == pairs.c.quota_id)
        .join(Lead, Lead.id == pairs.c.lead_id)
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(pairs.c.quota_id.in_(quotas), may_see(actor))
        .order_by(Quota.position, Quota.id, pairs.c.day, Lead.id)
        .offset(start)
        .limit(limit)
    )
    return CountedPage(list(rows), seen, whole - seen)


def _pairs(year: int, counting: Counting, on: date) -> Any:
    """Quota, lead and the day from which it stands there, as a subquery."""
    found: Any
    match counting:
        case Counting.REPEAT:
            found = (
                select(Verdict.quota_id, Verdict.lead_id, Verdict.signed_from.label("day"))
                .join(Quota, Quota.id == Verdict.quota_id)
                .where(Quota.year == year, Verdict.signed_from <= on)
            )
        case Counting.ONCE:
            once = placed(year, on)
            found = select(once.c.quota_id, once.c.lead_id, once.c.signed_from.label("day")).where(
                once.c.place == 1
            )
        case _:
            last = approved_in(year)
            found = select(last.c.quota_id, last.c.lead_id, last.c.decided_on.label("day")).where(
                last.c.at_level == Level(counting.value)
            )
    return found.subquery()
