"""All quotas at once, each lead counting once among exclusive ones.

Of two exclusive quotas the leads that suit only the one, only the other, or both are independent
given the node and which ceremonies slip. With counts (a, b, c) both quotas are met when the best
assignment covers both shortfalls: max(0, A − a) + max(0, B − b) ≤ c.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations

import numpy as np

from crm.leads.rules.stages import ORDER
from crm.outlook.rules.forecasting.arrangement import ALONE, Arrangement
from crm.outlook.rules.forecasting.counting import capped, convolved, product
from crm.outlook.rules.forecasting.facts import QuotaTarget
from crm.outlook.rules.forecasting.observation import Floats
from crm.outlook.rules.forecasting.prospects import Goal


@dataclass(frozen=True, slots=True)
class Together:
    """What the joint count is computed from."""

    within: Arrangement
    goals: Mapping[str, Goal]
    arriving: Mapping[str, Floats | None]
    weights: Floats

    def p_all(self, groups: Sequence[Sequence[QuotaTarget]]) -> float:
        """P(every quota is met); a group holds one quota, or two that are exclusive.

        Groups are multiplied given node and slips. Where they share leads the product is a lower
        bound, as all of them grow with the same independent leads (Harris 1960; Fortuin, Kasteleyn
        & Ginibre 1971).
        """
        total = 0.0
        for late in combinations((False, True), repeat=len(self.within.slips)):
            chance = 1.0
            for slip, is_late in zip(self.within.slips, late, strict=True):
                chance *= slip.p_slip if is_late else 1 - slip.p_slip
            if chance > 0:
                met = np.ones(self.within.nodes)
                for group in groups:
                    met *= self._met(group, late)
                total += chance * float(met @ self.weights)
        return min(max(total, 0.0), 1.0)

    def _met(self, group: Sequence[QuotaTarget], late: Sequence[bool]) -> Floats:
        """P(the quotas of a group are met) of each node."""
        mine = frozenset(target.code for target in group)
        missing = []
        for target in group:
            count = self._count(target.code, late, mine, frozenset({target.code}))
            arriving = self.arriving[target.code]
            whole = count if arriving is None else convolved(count, arriving)
            missing.append(shortfall(whole, max(target.target - target.certain, 0)))
        if len(group) == 1:
            return np.asarray(missing[0][0])
        # A lead that suits both counts, for either, when it reaches the harder of the two goals.
        harder = max(mine, key=lambda code: (_hardness(self.goals[code]), code))
        return met_together(missing[0], missing[1], self._count(harder, late, mine, mine))

    def _count(
        self, code: str, late: Sequence[bool], group: frozenset[str], suits: frozenset[str]
    ) -> Floats:
        """The count toward ``code`` of leads that suit just these quotas of the group."""
        trees = [
            self.within.tree(
                self.goals[code], n, late=bundle.slip != ALONE and late[bundle.slip]
            ).distribution
            for n, bundle in enumerate(self.within.bundles)
            if bundle.codes & group == suits
        ]
        return product(trees, self.within.nodes)


def goals_differ(group: Sequence[QuotaTarget]) -> bool:
    """Whether quotas of a group count different events or close on different days."""
    return len({(target.event, target.closes_on) for target in group}) > 1


def _hardness(goal: Goal) -> tuple[int, int]:
    event, closes_on = goal
    return ORDER.index(event), -closes_on.toordinal()


def shortfall(count: Floats, needed: int) -> Floats:
    """P(max(0, needed − count) = s) as [s, node]."""
    low = capped(count, needed)
    missing = np.zeros((needed + 1, count.shape[1]))
    missing[needed + 1 - len(low) :] = low[::-1]
    return missing


def met_together(one: Floats, other: Floats, shared: Floats) -> Floats:
    """P(the two shortfalls together are at most the shared count) of each node."""
    missing = convolved(one, other)
    reached = np.cumsum(shared[::-1], axis=0)[::-1]  # P(shared ≥ m)
    length = min(len(missing), len(reached))
    return np.asarray(np.clip((missing[:length] * reached[:length]).sum(0), 0.0, 1.0))
