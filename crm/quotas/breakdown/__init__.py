"""A quota's number taken apart by unit, sponsor, chain, cluster area or month: it always adds up."""

from datetime import date

from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.rules.filters import CountedEvent
from crm.quotas.breakdown.cells import Counted, cells_of, differences, rest_of, stands, sum_of
from crm.quotas.breakdown.counting import numbers_of
from crm.quotas.breakdown.lines import lines_of, lines_of_months
from crm.quotas.breakdown.table import (
    Breakdown,
    Cell,
    Difference,
    Dimension,
    Row,
    Span,
    Task,
)
from crm.quotas.breakdown.tasks import AMONG, HELD, task_of, whole_task
from crm.quotas.division import LastYear, last_year_of, shares_of
from crm.quotas.facts import terms_of
from crm.quotas.models import Quota
from crm.quotas.queries import reach
from crm.quotas.rules import Divided, last_whole_month, months_of

__all__ = [
    "AMONG",
    "HELD",
    "Breakdown",
    "Cell",
    "Difference",
    "Dimension",
    "Row",
    "Span",
    "Task",
    "breakdown",
]


def breakdown(actor: Actor, quota: Quota, by: Dimension, on: date) -> Breakdown:
    """The numbers of a quota by the end of the day `on`, in five queries.

    Sensitive leads are in the numbers of whoever counts the whole district, as on the card. Whoever
    counts a part of it is told no per cent and no typed figure: both are of the whole.
    """
    last = _last_year(quota)
    months = months_of(quota.opens, quota.closes)
    lines = lines_of_months(quota, on) if by is Dimension.MONTH else lines_of(by)
    shares = shares_of([quota.id], AMONG[by]).get(quota.id, {}) if by in AMONG else {}
    whole_month = last_whole_month(months, on)
    numbers, knows_last_year = numbers_of(actor, quota.id, last, by, lines, on, whole_month)
    counted = Counted(
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
    lines = [line for line in lines if stands(counted, line, shares)]
    rests = {event: rest_of(counted, lines, event) for event in CountedEvent}
    rows = tuple(
        Row(
            line.name,
            line.name_en,
            line.month,
            cells_of(counted, line, rests),
            task_of(counted, line, shares, divided),
        )
        for line in lines
    )
    sums = tuple(sum_of(counted, rows, event, span) for event in CountedEvent for span in Span)
    event = HELD[counted.terms.event]
    reached = next(c.number or 0 for c in sums if (c.event, c.span) == (event, Span.TOTAL))
    return Breakdown(
        rows,
        sums,
        event,
        whole_task(counted, reached, divided),
        divided,
        tuple(differences(counted, lines)),
        counted.typed if counted.is_whole else LastYear(),
        counted.is_whole,
    )


def _last_year(quota: Quota) -> int | None:
    row = rows_of(
        select(Quota.id).where(Quota.year == quota.year - 1, Quota.code == quota.code)
    ).one_or_none()
    return row[0] if row else None
