"""Which quota of an exclusive group each project goes to, exactly and in plain order of importance.

The assignment (1) keeps what is recognised or locked, then has (2) the smallest shortfall of the
不少于 and 突破 quotas together, (3) of the 力争 and 预期 quotas together, (4) the fewest changes from
the assignment published last, and (5) gives the projects, by 统计日期 and id, the earliest quota
in the order of the quotas. No two assignments are equally good, so there is one answer.

It is a minimum-cost flow from projects through quotas: a place in a quota below its need is worth
one unit of shortfall, and the five aims are digits of one number. Projects enter one by one, each
along the cheapest way through the quotas, found by Bellman and Ford; with so few quotas the graph
has only them as nodes. n projects and k quotas take O(n·k·(k² + n·k)) additions: 200 × 4 some
hundredths of a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crm.quotas.rules import Modality

HARD = frozenset({Modality.AT_LEAST, Modality.MORE_THAN})


@dataclass(frozen=True, slots=True)
class Share:
    """A quota of the group, as the assignment reads it."""

    id: int
    target: int
    modality: Modality

    @property
    def need(self) -> int:
        """突破 n asks for one more than n."""
        return self.target + 1 if self.modality is Modality.MORE_THAN else self.target


@dataclass(frozen=True, slots=True)
class Contender:
    """A project that fits at least one quota. `kept_in` holds it there: recognised or locked."""

    id: int
    counted_on: date
    fits: frozenset[int]
    kept_in: int | None = None
    published_in: int | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """The outcome: the quota of each project by its id, and what each quota lacks."""

    quota_of: Mapping[int, int]
    lacks: Mapping[int, int]
    changed: tuple[int, ...]  # projects that move away from where they were published


def shortfall(share: Share, count: int) -> int:
    return max(0, share.need - count)


def assign(contenders: Sequence[Contender], shares: Sequence[Share]) -> Contest:
    """The one best assignment; `shares` in the order of the quotas.

    A project kept in a quota outside the group, or fitting none of it, takes no part.
    """
    place = {share.id: number for number, share in enumerate(shares)}
    taking: list[tuple[Contender, list[int]]] = []
    for each in sorted(contenders, key=lambda one: (one.counted_on, one.id)):
        fits = {each.kept_in} if each.kept_in is not None else each.fits
        if choices := sorted(place[quota_id] for quota_id in fits if quota_id in place):
            taking.append((each, choices))
    flow = _Flow(shares, len(taking))
    for number, (each, choices) in enumerate(taking):
        flow.enter(number, choices, _published(each, place))
    quota_of = {each.id: shares[flow.at[n]].id for n, (each, _) in enumerate(taking)}
    return Contest(
        quota_of,
        {share.id: shortfall(share, flow.filled[n]) for n, share in enumerate(shares)},
        tuple(
            each.id
            for each, _ in taking
            if _published(each, place) not in {None, place[quota_of[each.id]]}
        ),
    )


def _published(each: Contender, place: Mapping[int, int]) -> int | None:
    return None if each.published_in is None else place.get(each.published_in)


class _Flow:
    """The projects entered so far, placed at least cost.

    A cost is one whole number with the aims as digits: shortfall of the firm quotas, of the others,
    changes, then one digit per project in order for the place of its quota.
    """

    def __init__(self, shares: Sequence[Share], projects: int) -> None:
        self.shares = shares
        self.projects = projects
        self.base = max(2, len(shares))
        self.digits = [1]
        for _ in range(projects):
            self.digits.append(self.digits[-1] * self.base)
        self.change = self.digits[projects]
        self.soft = self.change * (projects + 1)
        self.hard = self.soft * (projects + 1)
        self.at: list[int] = []
        self.costs: list[dict[int, int]] = []
        self.inside: list[set[int]] = [set() for _ in shares]

    @property
    def filled(self) -> list[int]:
        return [len(inside) for inside in self.inside]

    def enter(self, number: int, choices: Sequence[int], published: int | None) -> None:
        self.costs.append({place: self._cost(number, place, published) for place in choices})
        self.at.append(-1)
        moves = self._moves()
        distance: list[int | None] = [self.costs[number].get(p) for p in range(len(self.shares))]
        came: dict[int, int] = {}
        for _ in self.shares:
            for (source, to), (step, _) in moves.items():
                reached, known = distance[source], distance[to]
                if reached is not None and (known is None or reached + step < known):
                    distance[to], came[to] = reached + step, source
        end = min(
            (p for p in range(len(self.shares)) if distance[p] is not None),
            key=lambda p: (distance[p] or 0) - self._worth(p),
        )
        while end in came:
            self._put(moves[came[end], end][1], end)
            end = came[end]
        self._put(number, end)

    def _cost(self, number: int, place: int, published: int | None) -> int:
        moved = int(published is not None and published != place)
        return moved * self.change + place * self.digits[self.projects - 1 - number]

    def _worth(self, place: int) -> int:
        """What one more project in the quota saves of the shortfall."""
        share = self.shares[place]
        if len(self.inside[place]) >= share.need:
            return 0
        return self.hard if share.modality in HARD else self.soft

    def _moves(self) -> dict[tuple[int, int], tuple[int, int]]:
        """The cheapest move of a project from quota to quota: (extra cost, which project)."""
        best: dict[tuple[int, int], tuple[int, int]] = {}
        for source, inside in enumerate(self.inside):
            for number in inside:
                costs = self.costs[number]
                for to, cost in costs.items():
                    if to == source:
                        continue
                    step = cost - costs[source]
                    if (source, to) not in best or step < best[source, to][0]:
                        best[source, to] = (step, number)
        return best

    def _put(self, number: int, place: int) -> None:
        if self.at[number] >= 0:
            self.inside[self.at[number]].discard(number)
        self.at[number] = place
        self.inside[place].add(number)
