"""分解目标: a target divided among units or leaders, how each share stands, and 同比 by whole months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from crm.quotas.rules.indicators import next_month


class Among(StrEnum):
    """Among whom a target is divided: responsible units, or leaders by 包挂."""

    DEPARTMENT = "department"
    SPONSOR = "sponsor"


@dataclass(frozen=True, slots=True)
class Divided:
    """A target and what of it was given out. Many districts give out more than they must (加压)."""

    target: int
    shared: int

    @property
    def undivided(self) -> int:
        """未分解: what nobody has been given, 0 where all or more is given out."""
        return max(0, self.target - self.shared)

    @property
    def extra(self) -> int:
        """加压: what is given out beyond the target."""
        return max(0, self.shared - self.target)

    @property
    def total(self) -> int:
        """Shares and 未分解 together: the target, or more where more was given out."""
        return self.shared + self.undivided


def completion_percent(reached: int, task: int | None) -> Decimal | None:
    """完成率 to one decimal, halves up; None without a task. Never 100 before the task is met."""
    if not task:
        return None
    exact = Fraction(reached * 100, task)
    tenths = (20 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    if reached < task:
        tenths = min(tenths, 999)
    return Decimal(tenths) / 10


def completion_places(rows: Sequence[tuple[int, int | None]]) -> list[int | None]:
    """The place of each (reached, task) by 完成率, exactly; equals share a place, none without task."""
    shares = [Fraction(reached, task) if task else None for reached, task in rows]
    return [
        None if own is None else 1 + sum(other is not None and other > own for other in shares)
        for own in shares
    ]


def last_whole_month(months: Sequence[date], on: date) -> date | None:
    """The last of these months that is over at the end of the day; None before the first is."""
    over = [month for month in months if next_month(month) - timedelta(days=1) <= on]
    return over[-1] if over else None


def number_of_month(
    cumulative: Mapping[date, int], months: Sequence[date], month: date
) -> int | None:
    """What one month brought, from figures by the ends of months; None where one is missing."""
    place = months.index(month)
    until, before = cumulative.get(month), 0
    if place:
        known = cumulative.get(months[place - 1])
        if known is None:
            return None
        before = known
    return None if until is None else until - before


def falling(cumulative: Mapping[date, int]) -> tuple[date, ...]:
    """The months whose figure is below that of an earlier month: no count since January can fall."""
    found, highest = [], 0
    for month in sorted(cumulative):
        if cumulative[month] < highest:
            found.append(month)
        highest = max(highest, cumulative[month])
    return tuple(found)
