"""The terms of a quota for a year: target, period, criteria, and how it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from crm.quotas.rules.criteria import Clause


class Modality(StrEnum):
    """How the target is worded: strive for, at least, more than, expected."""

    STRIVE_FOR = "strive_for"
    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    EXPECTED = "expected"


class CountingEvent(StrEnum):
    """Which of the three numbers is held against the target."""

    SIGNED = "signed"
    SIGNED_AND_REGISTERED = "signed_and_registered"
    STARTED = "started"


class Rounding(StrEnum):
    """How the part of the target due by a day becomes a whole number."""

    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Node:
    """The cumulative number that is due at the end of a day."""

    on: date
    count: int


@dataclass(frozen=True, slots=True)
class QuotaTerms:
    """``opens`` and ``closes`` both belong to the period.

    ``about_margin_percent`` widens what “约 at the threshold” means: 0 is the threshold itself.
    """

    code: str
    year: int
    opens: date
    closes: date
    target: int
    criteria: Clause
    label: str = ""
    name: str = ""
    modality: Modality = Modality.AT_LEAST
    event: CountingEvent = CountingEvent.SIGNED_AND_REGISTERED
    rounding: Rounding = Rounding.HALF_UP
    nodes: tuple[Node, ...] = ()
    about_margin_percent: int = 0


def monthly_nodes(year: int, counts: Mapping[int, int], cutoff_day: int) -> tuple[Node, ...]:
    """Nodes set by month: each falls on the month's statistics cutoff (day 1 to 28)."""
    if not 1 <= cutoff_day <= 28:
        raise ValueError("a cutoff lies between the 1st and the 28th")
    return tuple(Node(date(year, month, cutoff_day), counts[month]) for month in sorted(counts))


def due(
    target: int,
    on: date,
    *,
    opens: date,
    closes: date,
    nodes: Iterable[Node] = (),
    rounding: Rounding = Rounding.HALF_UP,
) -> int:
    """应达: how many should be reached by the end of the day ``on``.

    Straight from nothing before ``opens`` to the target at the end of ``closes``, by elapsed days
    and through the nodes if any are set. Halves round up by default: of a target of 10, 327 of
    365 days ask for 8.96, hence 9.
    """
    if on < opens:
        return 0
    if on >= closes:
        return target
    inner = sorted((node.on, node.count) for node in nodes if opens <= node.on < closes)
    begin, reached = opens.toordinal() - 1, 0
    for day, count in [*inner, (closes, target)]:
        if on <= day:
            share = Fraction(on.toordinal() - begin, day.toordinal() - begin)
            return _rounded(reached + (count - reached) * share, rounding)
        begin, reached = day.toordinal(), count
    return target


def _rounded(number: Fraction, rounding: Rounding) -> int:
    if rounding is Rounding.UP:
        return -(-number.numerator // number.denominator)
    if rounding is Rounding.DOWN:
        return number.numerator // number.denominator
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)
