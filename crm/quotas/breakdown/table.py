"""A breakdown as it is shown: rows, their cells and tasks, and what differs from typed figures."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.quotas.division import LastYear
from crm.quotas.rules import Divided, completion_places


class Dimension(StrEnum):
    DEPARTMENT = "department"
    SPONSOR = "sponsor"
    CHAIN = "chain"
    ZONE = "zone"
    MONTH = "month"


class Span(StrEnum):
    """当月, 累计, and 上年同期: last year's quota by the same day of that year."""

    MONTH = "month"
    TOTAL = "total"
    LAST_YEAR = "last_year"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number and exactly the leads behind it.

    上年同期 is None where nobody knows it. Where it was typed (录入) no leads stand behind it, and
    `by_month` is the month of this year whose end it compares; `is_rest`: what the typed figures of
    the rows leave of the district's. `growth` is 同比 in per cent.
    """

    event: CountedEvent
    span: Span
    number: int | None
    behind: LeadFilter
    growth: Decimal | None = None
    is_typed: bool = False
    by_month: date | None = None
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """任务, 应达, 完成 and 完成率 of one line; `place` by 完成率 where the ranking is on."""

    target: int | None
    due: int | None
    reached: int
    percent: Decimal | None = None
    is_rest: bool = False  # 未分解: nobody's yet
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line; without a name it is what nobody has set (未定), or after the period (`month`)."""

    name: str | None
    name_en: str | None
    month: date | None
    cells: tuple[Cell, ...]
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of the year before that was typed, and what our own ledger says of the same months.

    Without a name it is the district; `is_one_month` says that it is of that month alone.
    """

    event: CountedEvent
    name: str | None
    name_en: str | None
    month: date
    computed: int
    typed: int
    document: str | None
    is_one_month: bool = False


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The rows in the official order, never by number, and the sums below them.

    `divided` is told where the target is divided along the rows; `event` is held against it.
    """

    rows: tuple[Row, ...]
    sums: tuple[Cell, ...]
    event: CountedEvent
    task: Task | None
    divided: Divided | None
    differences: tuple[Difference, ...]
    typed: LastYear
    is_whole: bool

    @property
    def shows_typed(self) -> bool:
        return any(cell.is_typed for cell in self.sums)

    @property
    def shows_targets(self) -> bool:
        """Whether the lines have targets of their own to be completed."""
        return self.divided is not None

    def by_completion(self) -> "Breakdown":
        """The lines by 完成率, those without a task in the official order behind them."""
        tasks = [row.task or Task(None, None, 0) for row in self.rows]
        places = completion_places(
            [(each.reached, None if each.is_rest else each.target) for each in tasks]
        )
        rows = [
            replace(row, task=replace(task, place=place))
            for row, task, place in zip(self.rows, tasks, places, strict=True)
        ]
        last = len(rows) + 1
        rows.sort(key=lambda row: (row.task and row.task.place) or last)
        return replace(self, rows=tuple(rows))
