"""任务, 应达, 完成 and 完成率 of the rows of a breakdown."""

from crm.leads.rules.filters import NONE, CountedEvent
from crm.quotas.breakdown.cells import Counted
from crm.quotas.breakdown.lines import Line
from crm.quotas.breakdown.table import Dimension, Span, Task
from crm.quotas.rules import (
    Among,
    CountingEvent,
    Divided,
    completion_percent,
    due_of_share,
    due_under,
)

AMONG = {Dimension.DEPARTMENT: Among.DEPARTMENT, Dimension.SPONSOR: Among.SPONSOR}
"""Where a target is divided along the same rows."""


HELD = {
    CountingEvent.SIGNED: CountedEvent.SIGNED,
    CountingEvent.SIGNED_AND_REGISTERED: CountedEvent.REGISTERED,
    CountingEvent.STARTED: CountedEvent.STARTED,
}
"""The number that is held against the target."""


def task_of(
    counted: Counted, line: Line, shares: dict[int, int], divided: Divided | None
) -> Task | None:
    reached = counted.number(line, HELD[counted.terms.event], Span.TOTAL)
    if counted.by is Dimension.MONTH:
        until = min(line.until or counted.on, counted.on)
        return Task(None, due_under(counted.terms, until), reached)
    if divided is None:
        return None
    if line.key == NONE:
        return Task(divided.undivided or None, None, reached, is_rest=True)
    target = shares.get(line.key)
    return Task(
        target,
        None if target is None else due_of_share(target, counted.terms, counted.on),
        reached,
        completion_percent(reached, target) if counted.is_whole else None,
    )


def whole_task(counted: Counted, reached: int, divided: Divided | None) -> Task | None:
    """The last line: the shares and 未分解; 应达 and 完成率 are the district's own."""
    if divided is None and counted.by is not Dimension.MONTH:
        return None
    target = counted.quota.target
    return Task(
        divided.total if divided else target,
        due_under(counted.terms, counted.on),
        reached,
        completion_percent(reached, target) if counted.is_whole else None,
    )
