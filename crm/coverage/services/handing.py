"""Handing a figure of coverage to an indicator, as any department reports one (部门报数)."""

from datetime import datetime

from flask_babel import gettext as _

from crm.accounts.rules import Actor
from crm.core.clock import office_day
from crm.coverage.queries.history import filled_gaps
from crm.quotas.models import Quota, ReportedFigure
from crm.quotas.rules import Source
from crm.quotas.services import NewReport, report

FILLED = "segment_filled"
"""The `event` of an indicator that counts 填补环节数; a district's targets name it."""
LONGEST_DOCUMENT = 120


def counts_filled(quota: Quota) -> bool:
    """Whether this indicator waits for the number of gaps filled."""
    return quota.event == FILLED and quota.source == Source.REPORTED


def report_filled(actor: Actor, at: datetime, quota: Quota, seen: int) -> ReportedFigure:
    """Report the gaps filled since the indicator opened as the figure of this month.

    The document names the segments. `seen` is the number of entries of the month the person was
    shown. Raises what `quotas.report` raises.
    """
    today = office_day(at)
    found = filled_gaps(actor, quota.opens, today)
    names = "、".join(each.segment.code for each in found)
    document = _("链上成效 %(day)s：%(names)s", day=today, names=names or _("没有"))
    new = NewReport(
        month=today.replace(day=1),
        stated=f"{len(found)}{quota.unit}",
        as_of=today,
        document=document[:LONGEST_DOCUMENT],
        note=_("按链图当日的环节更新") if seen else None,
        seen=seen,
    )
    return report(actor, at, quota.id, new, today=today)
