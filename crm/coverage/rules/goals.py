"""Which quotas a project of a company may meet, as far as the company itself shows it. Pure.

Whether a project counts is judged of the project (`crm.quotas.rules`); before there is one only a
ranking and an announced amount say anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from crm.coverage.rules.scoring import QuotaFit
from crm.leads.rules import FigureKind
from crm.quotas.rules import AllOf, AmountClause, AnyOf, Clause, Leaf, Not, RankingClause

ANNOUNCED_WITHIN_DAYS = 365
"""An amount announced longer ago says nothing any more of what is to come."""

INVESTED = (FigureKind.TOTAL_INVESTMENT, FigureKind.FIXED_ASSETS)


class Ranked(NamedTuple):
    """A company or one above it stands on a ranking; `share` is the part it holds (None: unknown)."""

    code: str
    share: Decimal | None = Decimal(1)


class Announced(NamedTuple):
    """An investment made public on a day."""

    on: date
    yuan: int


@dataclass(frozen=True, slots=True)
class Goal:
    """A quota by what would meet it. `gain` is what one more project adds to its chance."""

    code: str
    label: str
    label_en: str | None
    rankings: tuple[RankingClause, ...]
    least_yuan: int | None
    gain: float | None = None

    @property
    def lists(self) -> frozenset[str]:
        return frozenset(code for clause in self.rankings for code in clause.lists)


def goal_of(
    code: str, label: str, label_en: str | None, criteria: Clause, gain: float | None = None
) -> Goal:
    asked = tuple(_asked(criteria))
    amounts = [
        leaf.at_least_yuan
        for leaf in asked
        if isinstance(leaf, AmountClause) and leaf.field in INVESTED
    ]
    return Goal(
        code,
        label,
        label_en,
        tuple(leaf for leaf in asked if isinstance(leaf, RankingClause)),
        min(amounts, default=None),
        gain,
    )


def _asked(clause: Clause) -> Iterator[Leaf]:
    """The leaves that must hold, not those that must not."""
    match clause:
        case AnyOf() | AllOf():
            for part in clause.of:
                yield from _asked(part)
        case Not():
            return
        case _:
            yield clause


def may_meet(
    goals: Iterable[Goal], ranked: Sequence[Ranked], announced: Sequence[Announced], today: date
) -> tuple[QuotaFit, ...]:
    """The quotas that a ranking of the company or its holders, or an announced amount, would meet.

    A share nobody entered is taken to be enough: somebody asks before the project is judged.
    """
    since = today - timedelta(days=ANNOUNCED_WITHIN_DAYS)
    told = max((each.yuan for each in announced if since < each.on <= today), default=0)
    found = []
    for goal in goals:
        is_ranked = any(
            place.code in clause.lists
            and (place.share is None or place.share >= clause.min_shareholding)
            for clause in goal.rankings
            for place in ranked
        )
        is_by_amount = goal.least_yuan is not None and told >= goal.least_yuan
        if is_ranked or is_by_amount:
            found.append(QuotaFit(goal.code, goal.label, goal.label_en, not is_ranked, goal.gain))
    return tuple(found)
