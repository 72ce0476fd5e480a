"""Leads arranged so that what is independent is multiplied once: by the quotas they count to and the
ceremony they sign at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from crm.outlook.rules.forecasting.ceremonies import Slip
from crm.outlook.rules.forecasting.counting import (
    ProductTree,
    all_but_each,
    convolved,
    mixed,
    product,
    worth_left,
)
from crm.outlook.rules.forecasting.observation import Floats
from crm.outlook.rules.forecasting.prospects import Goal, Prospects

ALONE = -1
"""The slip of a lead that signs at no ceremony."""


@dataclass(frozen=True, slots=True)
class Odds:
    """P(counts) of each lead by node for one goal: all three gates, floor applied.

    ``late`` differs from ``on_time`` only where a lead signs at a ceremony. ``if_signed`` is what
    remains when the event is reached.
    """

    event: Floats
    on_time: Floats
    late: Floats
    if_signed: Floats

    def mean(self, slip_chance: Floats, weights: Floats) -> Floats:
        """P(counts) of each lead."""
        mean = (1 - slip_chance) * (self.on_time @ weights) + slip_chance * (self.late @ weights)
        # The weights sum to one but for the last digit.
        low = np.minimum(self.on_time.min(1), self.late.min(1))
        return np.clip(mean, low, np.maximum(self.on_time.max(1), self.late.max(1)))


@dataclass(frozen=True, slots=True)
class Bundle:
    """Leads that count to the same quotas and sign at the same ceremony, or at none."""

    codes: frozenset[str]
    slip: int
    rows: NDArray[np.int64]


def bundles_of(
    prospects: Prospects, slip_of: Mapping[int, int], codes: frozenset[str]
) -> tuple[Bundle, ...]:
    found: dict[tuple[tuple[str, ...], int], list[int]] = {}
    for row, candidate in enumerate(prospects.candidates):
        key = tuple(sorted(candidate.counts_to & codes))
        if key:
            found.setdefault((key, slip_of.get(row, ALONE)), []).append(row)
    return tuple(
        Bundle(frozenset(key), slip, np.array(rows)) for (key, slip), rows in sorted(found.items())
    )


@dataclass
class Arrangement:
    """The bundles with their trees; those of a goal are built once for all quotas with it."""

    bundles: tuple[Bundle, ...]
    slips: tuple[Slip, ...]
    odds: Mapping[Goal, Odds]
    nodes: int
    _trees: dict[tuple[Goal, int, bool], ProductTree] = field(default_factory=dict)

    def tree(self, goal: Goal, bundle: int, *, late: bool) -> ProductTree:
        mine = self.bundles[bundle]
        key = goal, bundle, late and mine.slip != ALONE
        if key not in self._trees:
            odds = self.odds[goal]
            self._trees[key] = ProductTree((odds.late if key[2] else odds.on_time)[mine.rows])
        return self._trees[key]

    def of(self, code: str, goal: Goal, arriving: Floats | None) -> "QuotaCount":
        mine = [n for n, bundle in enumerate(self.bundles) if code in bundle.codes]
        return QuotaCount(self, goal, tuple(mine), arriving)


@dataclass
class QuotaCount:
    """The count of one quota as a product of parts: each bundle alone, each slip, the arrivals."""

    within: Arrangement
    goal: Goal
    mine: tuple[int, ...]
    arriving: Floats | None

    @cached_property
    def alone(self) -> tuple[int, ...]:
        return tuple(n for n in self.mine if self.within.bundles[n].slip == ALONE)

    @cached_property
    def slipping(self) -> dict[int, tuple[int, ...]]:
        found: dict[int, tuple[int, ...]] = {}
        for n in self.mine:
            slip = self.within.bundles[n].slip
            if slip != ALONE:
                found[slip] = (*found.get(slip, ()), n)
        return found

    def _branch(self, bundles: Sequence[int], *, late: bool) -> Floats:
        trees = [self.within.tree(self.goal, n, late=late).distribution for n in bundles]
        return product(trees, self.within.nodes)

    def _slip(self, slip: int) -> Floats:
        bundles = self.slipping[slip]
        return mixed(
            self._branch(bundles, late=False),
            self._branch(bundles, late=True),
            self.within.slips[slip].p_slip,
        )

    @cached_property
    def parts(self) -> dict[tuple[str, int], Floats]:
        found = {
            ("alone", n): self.within.tree(self.goal, n, late=False).distribution
            for n in self.alone
        }
        found |= {("slip", slip): self._slip(slip) for slip in self.slipping}
        if self.arriving is not None:
            found["arriving", 0] = self.arriving
        return found

    @cached_property
    def known(self) -> Floats:
        """P(count = k) of the leads in the ledger."""
        return product(
            [part for key, part in self.parts.items() if key[0] != "arriving"], self.within.nodes
        )

    @cached_property
    def whole(self) -> Floats:
        return self.known if self.arriving is None else convolved(self.known, self.arriving)

    def without_each(self, worth: Floats) -> Iterator[tuple[NDArray[np.int64], Floats, Floats]]:
        """Rows of leads with Σ_k worth[k] P(all others count k) if the ceremony is on time, and if late."""
        all_others = all_but_each(list(self.parts.values()), self.within.nodes)
        for ((kind, n), part), others in zip(self.parts.items(), all_others, strict=True):
            mine = worth_left(worth, others, len(part))
            if kind == "alone":
                found = self.within.tree(self.goal, n, late=False).without_each(mine)
                yield self.within.bundles[n].rows, found, found
            elif kind == "slip":
                for bundle in self.slipping[n]:
                    beside = [each for each in self.slipping[n] if each != bundle]
                    on_time, late = (
                        self.within.tree(self.goal, bundle, late=is_late).without_each(
                            worth_left(mine, self._branch(beside, late=is_late), len(part))
                        )
                        for is_late in (False, True)
                    )
                    yield self.within.bundles[bundle].rows, on_time, late

    def if_signed(self, rows: Sequence[int], odds: Odds, below: int) -> Floats:
        """P(count = k < below) of the whole if these leads reach the event."""
        signed = set(rows)
        parts = []
        for (kind, n), part in self.parts.items():
            if kind == "alone":
                parts.append(self._replaced(n, signed, odds, below, late=False))
            elif kind == "slip":
                on_time, late = (
                    product(
                        [
                            self._replaced(bundle, signed, odds, below, late=is_late)
                            for bundle in self.slipping[n]
                        ],
                        self.within.nodes,
                    )[:below]
                    for is_late in (False, True)
                )
                parts.append(mixed(on_time, late, self.within.slips[n].p_slip))
            else:
                parts.append(part[:below])
        return product(parts, self.within.nodes)[:below]

    def _replaced(
        self, bundle: int, signed: set[int], odds: Odds, below: int, *, late: bool
    ) -> Floats:
        tree = self.within.tree(self.goal, bundle, late=late)
        rows = self.within.bundles[bundle].rows
        positions = [n for n, row in enumerate(rows.tolist()) if row in signed]
        if not positions:
            return tree.distribution[:below]
        return tree.replaced(positions, odds.if_signed[rows[positions]], below)
