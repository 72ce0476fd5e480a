"""The terms of a quota for a year: target, period, criteria, and how it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from crm.leads.rules import Exclusion
from crm.quotas.rules.criteria import ALL_EXCLUSIONS, Clause
from crm.quotas.rules.curve import Curve, weight_between

ONE_DAY = timedelta(days=1)


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
    ``exclusions`` are the types that bar a lead whatever else it meets.
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
    curve: Curve = Curve.STRAIGHT
    exclusions: frozenset[Exclusion] = ALL_EXCLUSIONS


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
    curve: Curve = Curve.STRAIGHT,
    step: int = 1,
) -> int:
    """应达: how many should be reached by the end of the day ``on``, in whole ``step``s.

    From nothing before ``opens`` to the target at the end of ``closes``, through the nodes if any
    are set and along the curve between them; it never falls. Halves round up by default: of a
    target of 10, 327 of 365 days ask for 8.96, hence 9.
    """
    if on < opens:
        return 0
    if on >= closes:
        return target
    asked = _asked(target, on, opens=opens, closes=closes, nodes=tuple(nodes), curve=curve)
    return min(_rounded(asked / step, rounding) * step, target)


@lru_cache(maxsize=4096)  # the months of a year's indicators are asked for by every page of them
def _asked(
    target: int, on: date, *, opens: date, closes: date, nodes: tuple[Node, ...], curve: Curve
) -> Fraction:
    """What is due by a day inside the period, before it is rounded."""
    inner = sorted((node.on, node.count) for node in nodes if opens <= node.on < closes)
    begin, reached = opens - ONE_DAY, 0
    for day, count in [*inner, (closes, target)]:
        count = min(max(count, reached), target)
        if on <= day:
            return reached + (count - reached) * _share(begin, on, day, curve)
        begin, reached = day, count
    return Fraction(target)


def due_under(terms: QuotaTerms, on: date) -> int:
    """应达 of a quota by the end of the day ``on``, as its terms set it."""
    return due(
        terms.target,
        on,
        opens=terms.opens,
        closes=terms.closes,
        nodes=terms.nodes,
        rounding=terms.rounding,
        curve=terms.curve,
    )


def due_of_share(share: int, terms: QuotaTerms, on: date) -> int:
    """应达 of a share of the target: the same part of it as of the whole, rounded the same way.

    Each share is rounded for itself, so that shares may ask for more or less than the whole does.
    """
    if on < terms.opens or terms.target <= 0:
        return 0
    if on >= terms.closes:
        return share
    asked = _asked(
        terms.target,
        on,
        opens=terms.opens,
        closes=terms.closes,
        nodes=terms.nodes,
        curve=terms.curve,
    )
    return min(_rounded(asked * share / terms.target, terms.rounding), share)


def rounding_step(target: int) -> int:
    """In which steps 应达 of a sum is told: a ten-thousandth to a thousandth of it, 1 below 10,000.

    24,000,000,000 yuan in steps of 0.1亿元, 70,000,000 dollars of 1万美元, 3,000 亩 of 1亩.
    """
    return int(10 ** max(0, len(str(max(target, 1))) - 4))


def _share(begin: date, on: date, end: date, curve: Curve) -> Fraction:
    """How much of the way from ``begin`` to ``end`` is asked for by ``on``.

    Between two nodes inside the flat weeks there is no shape to follow: the days decide.
    """
    whole = weight_between(begin, end, curve)
    if whole == 0:
        return Fraction((on - begin).days, (end - begin).days)
    return Fraction(weight_between(begin, on, curve), whole)


def _rounded(number: Fraction, rounding: Rounding) -> int:
    if rounding is Rounding.UP:
        return -(-number.numerator // number.denominator)
    if rounding is Rounding.DOWN:
        return number.numerator // number.denominator
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)
