"""Criteria that no lead can ever meet, told before they are published.

Told as far as the clauses alone show it: amounts of one kind as intervals, choices as sets, yes and
no. Whether a chain has leads at all, or a list has editions, is no contradiction.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from crm.enterprises.rules import Ownership
from crm.leads.rules import (
    ChainRole,
    FigureKind,
    HeadquartersType,
    Nature,
    Origin,
    PromotionMode,
)
from crm.quotas.rules.criteria import (
    AllOf,
    AmountClause,
    AnyOf,
    Clause,
    FactClause,
    FactName,
    HeadquartersClause,
    Leaf,
    Not,
    PhysicalClause,
    RankingClause,
)

MOST_WAYS = 2000
"""Ways to meet the criteria that are looked through; beyond, nothing is said."""

Literal = tuple[Leaf, bool]
"""A leaf, and whether it must hold or must not."""

_ALL_CODES: dict[FactName, type[StrEnum]] = {
    FactName.NATURE: Nature,
    FactName.ORIGIN: Origin,
    FactName.CHAIN_ROLE: ChainRole,
    FactName.OWNERSHIP: Ownership,
    FactName.PROMOTION_MODE: PromotionMode,
}
"""Facts of which every code is known here; chains and cluster areas are rows of a table."""


def never_true(criteria: Clause) -> str | None:
    """Where the criteria, or one of their alternatives, can never be met (``any_of[1]``).

    The empty path is the criteria as a whole; None where nothing contradicts itself.
    """
    return _dead(criteria, "", wanted=True)


def _dead(clause: Clause, path: str, *, wanted: bool) -> str | None:
    match clause:
        case Not():
            return _dead(clause.of, _under(path, "not"), wanted=not wanted)
        case AnyOf() | AllOf():
            key = "any_of" if isinstance(clause, AnyOf) else "all"
            for position, part in enumerate(clause.of):
                found = _dead(part, f"{_under(path, key)}[{position}]", wanted=wanted)
                if found is not None:
                    return found
    ways = _ways(clause, wanted=wanted)
    return path if ways is not None and not ways else None


def _ways(clause: Clause, *, wanted: bool) -> list[tuple[Literal, ...]] | None:
    """The conjunctions that meet the clause and do not contradict themselves; None: too many."""
    match clause:
        case Not():
            return _ways(clause.of, wanted=not wanted)
        case AnyOf() | AllOf():
            parts = [_ways(part, wanted=wanted) for part in clause.of]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            if isinstance(clause, AnyOf) is wanted:
                together = [way for part in known for way in part]
            else:
                together = [()]
                for part in known:
                    if len(together) * len(part) > MOST_WAYS:
                        return None
                    joined = (
                        tuple(dict.fromkeys((*one, *two))) for one in together for two in part
                    )
                    together = [way for way in joined if not _contradicts(way)]
            return together if len(together) <= MOST_WAYS else None
    way = ((clause, wanted),)
    return [] if _contradicts(way) else [way]


def _contradicts(way: Sequence[Literal]) -> bool:
    return _physical(way) or _headquarters(way) or _choices(way) or _amounts(way) or _rankings(way)


def _physical(way: Sequence[Literal]) -> bool:
    return len({wanted for leaf, wanted in way if isinstance(leaf, PhysicalClause)}) > 1


def _headquarters(way: Sequence[Literal]) -> bool:
    named = [(leaf, wanted) for leaf, wanted in way if isinstance(leaf, HeadquartersClause)]
    if not any(wanted for _, wanted in named):
        return False
    left = set(HeadquartersType)
    for leaf, wanted in named:
        types = set(leaf.types) or set(HeadquartersType)
        left = left & types if wanted else left - types
    return not left


def _choices(way: Sequence[Literal]) -> bool:
    for fact in FactName:
        named = [
            (w, set(leaf.of))
            for leaf, w in way
            if isinstance(leaf, FactClause) and leaf.fact is fact
        ]
        known: set[str] | None = set(_ALL_CODES[fact]) if fact in _ALL_CODES else None
        for wanted, codes in sorted(named, key=lambda each: not each[0]):
            if wanted:
                known = codes if known is None else known & codes
            elif known is not None:
                known -= codes
        if known is not None and not known:
            return True
    return False


def _amounts(way: Sequence[Literal]) -> bool:
    """Whether one and the same figure must reach an amount and stay below it."""
    reach: dict[AmountClause, int] = {}
    stay_below: dict[AmountClause, int] = {}
    for leaf, wanted in _with_investment(way):
        figure = AmountClause(leaf.field, 0, leaf.basis, leaf.sources)
        if wanted:
            reach[figure] = max(reach.get(figure, 0), leaf.at_least_yuan)
        else:
            stay_below[figure] = min(stay_below.get(figure, leaf.at_least_yuan), leaf.at_least_yuan)
    return any(
        figure in stay_below and stay_below[figure] <= least for figure, least in reach.items()
    )


def _with_investment(way: Sequence[Literal]) -> Iterator[tuple[AmountClause, bool]]:
    for leaf, wanted in way:
        if isinstance(leaf, AmountClause):
            yield leaf, wanted
        elif isinstance(leaf, RankingClause) and leaf.min_investment_yuan and wanted:
            yield AmountClause(FigureKind.TOTAL_INVESTMENT, leaf.min_investment_yuan), True


def _rankings(way: Sequence[Literal]) -> bool:
    """Whether a company must stand on lists and must not stand on any of the same."""
    rankings = [(leaf, wanted) for leaf, wanted in way if isinstance(leaf, RankingClause)]
    return any(
        set(one.lists) <= set(other.lists)
        and one.min_shareholding >= other.min_shareholding
        and one.edition_policy is other.edition_policy
        and not other.min_investment_yuan
        and not other.first_entry
        for one, is_wanted in rankings
        if is_wanted
        for other, is_other_wanted in rankings
        if not is_other_wanted
    )


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
