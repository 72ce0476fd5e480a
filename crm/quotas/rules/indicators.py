"""Indicators beside the two quotas: where they come from, whose months are missing, the light."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from crm.quotas.rules.terms import Modality


class Measure(StrEnum):
    COUNT = "count"
    SUM = "sum"


class Source(StrEnum):
    """Computed from our own records, or 部门报数: an official figure with its document."""

    COMPUTED = "computed"
    REPORTED = "reported"


class Universe(StrEnum):
    """Whose facts an indicator counts."""

    LEADS = "leads"
    ENTERPRISES = "enterprises"
    CARRIERS = "carriers"
    KEY_PROJECTS = "key_projects"
    PARCELS = "parcels"
    RENEWAL = "renewal"
    EXTERNAL = "external"


class YearSection(StrEnum):
    """What a figure of the year's report tells of beside the indicators."""

    GROWTH = "growth"  # 主要预期目标
    BASE = "base"  # figures of the year before the report
    BY_LEVEL = "by_level"  # key projects by importance,
    BY_STATE = "by_state"  # by their state in the year,
    BY_PLACE = "by_place"  # by cluster area: the three overlap
    RENEWAL = "renewal"
    LEADING = "leading"  # 主导产业
    FUTURE = "future"  # 未来赛道
    CHAIN_GROUPS = "chain_groups"  # 产业链群
    AXES = "axes"  # 一轴两带


class Pace(StrEnum):
    """The light of an indicator against what is due."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Progress:
    """How a number stands against 应达. `behind` is in the indicator's unit, 0 where not behind.

    With `behind` 0 a light that is not green says that the target is met but not passed (突破).
    """

    pace: Pace
    behind: Decimal


def progress(modality: Modality, target: int, due: int, reached: int | Decimal) -> Progress:
    """Behind on 不少于 or 突破 is red; on 力争 or 预期 yellow at most.

    突破 asks for more than the target, so that meeting it exactly at the end is not enough.
    """
    behind = max(Decimal(0), Decimal(due) - Decimal(reached))
    short_of_passing = modality is Modality.MORE_THAN and due >= target and reached <= target
    if not behind and not short_of_passing:
        return Progress(Pace.GREEN, behind)
    is_soft = modality in {Modality.STRIVE_FOR, Modality.EXPECTED}
    return Progress(Pace.YELLOW if is_soft else Pace.RED, behind)


def months_of(opens: date, closes: date) -> tuple[date, ...]:
    """The months of a period, each by its first day."""
    found, month = [], opens.replace(day=1)
    while month <= closes:
        found.append(month)
        month = next_month(month)
    return tuple(found)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def cutoff(month: date, cutoff_day: int, closes: date) -> date:
    """The day by which a month's figure is taken (day 1 to 28), never after the period's end."""
    return min(month.replace(day=cutoff_day), closes)


def missing_months(
    opens: date, closes: date, cutoff_day: int, reported: Collection[date], today: date
) -> tuple[date, ...]:
    """The months of the period whose cut-off day has passed and that nobody reported."""
    return tuple(
        month
        for month in months_of(opens, closes)
        if cutoff(month, cutoff_day, closes) < today and month not in reported
    )


def growth_percent(now: Decimal, before: Decimal | None) -> Decimal | None:
    """同比 in per cent to one decimal, halves up; None without a figure to compare with."""
    if not before:
        return None
    return ((now - before) * 100 / before).quantize(Decimal("0.1"), ROUND_HALF_UP)
