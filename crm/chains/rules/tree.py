"""The segments of all chains as trees: where one may go, and what a move or a merger changes.

Plain values in, plain values out. A tree has any depth, so nothing here recurses; its parts share
chain and tier with their root. `position` is the place in the whole chain, tier by tier, each
segment right before its parts, so that every flat list of a chain stands in the order of its trees.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from crm.chains.rules.kinds import Tier

Named = TypeVar("Named", int, str)

TIERS = (Tier.UP, Tier.MID, Tier.DOWN, None)
"""The order in which the tiers of a chain are told; None is a segment of no tier."""


@dataclass(frozen=True, slots=True)
class Node:
    """A segment as its place sees it. `chain`, `parent` and `id` are numbers of rows."""

    id: int
    code: str
    chain: int
    parent: int | None
    tier: Tier | None
    position: int
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment is to go: under `parent`, or at the top of a chain's tier; before a sibling or last.

    Under a parent `chain` and `tier` are the parent's, whatever stands here.
    """

    chain: int
    tier: Tier | None = None
    parent: int | None = None
    before: int | None = None


class TreeFault(StrEnum):
    """Why a segment cannot go somewhere, or why trees are none."""

    UNKNOWN = "unknown"
    UNDER_ITSELF = "under_itself"
    RETIRED_PLACE = "retired_place"
    NOT_BESIDE = "not_beside"  # the sibling it was to stand before is not there
    CIRCLE = "circle"
    OTHER_CHAIN = "other_chain"  # not the chain or tier of its parent
    SAME_CODE = "same_code"


class Forest:
    """All segments with their order. Never changed: `moved` and `merged` answer with what differs."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: dict[int, Node] = {node.id: node for node in nodes}
        self._parts: dict[int | tuple[int, Tier | None], list[Node]] = {}
        for node in sorted(self.nodes.values(), key=lambda each: (each.position, each.id)):
            self._parts.setdefault(_beside(node), []).append(node)
        self._live: dict[int | tuple[int, Tier | None], tuple[list[Node], dict[int, int]]] = {}

    def parts(self, parent: int) -> list[Node]:
        """What stands right under a segment, in order."""
        return self._parts.get(parent, [])

    def roots(self, chain: int, tier: Tier | None) -> list[Node]:
        """What stands at the top of a chain's tier, in order."""
        return self._parts.get((chain, tier), [])

    def siblings(self, node: Node) -> list[Node]:
        """It and what stands beside it, in order."""
        return self._parts.get(_beside(node), [])

    def subtree(self, top: int) -> Iterator[Node]:
        """A segment and everything below it, each before its parts."""
        for node, _depth in self._walk([self.nodes[top]]):
            yield node

    def of_chain(self, chain: int) -> Iterator[tuple[Node, int]]:
        """(segment, how deep) of a whole chain in its order."""
        for tier in TIERS:
            yield from self._walk(self.roots(chain, tier))

    def above(self, node: Node) -> Iterator[Node]:
        """Its parent, the parent of that, … up to the root. Ends at a circle, too."""
        seen = {node.id}
        while node.parent is not None and node.parent in self.nodes:
            if node.parent in seen:
                return
            node = self.nodes[node.parent]
            seen.add(node.id)
            yield node

    def _walk(self, first: Collection[Node]) -> Iterator[tuple[Node, int]]:
        waiting = [(node, 0) for node in reversed([*first])]
        while waiting:
            node, depth = waiting.pop()
            yield node, depth
            waiting += [(part, depth + 1) for part in reversed(self.parts(node.id))]

    # --- moving ---

    def why_not_move(self, one: int, place: Place) -> TreeFault | None:
        """Why a segment cannot go there; None where it can."""
        if one not in self.nodes or (place.parent is not None and place.parent not in self.nodes):
            return TreeFault.UNKNOWN
        if place.parent is not None:
            under = self.nodes[place.parent]
            if under.id == one or any(each.id == one for each in self.above(under)):
                return TreeFault.UNDER_ITSELF
            if under.is_retired:
                return TreeFault.RETIRED_PLACE
        if place.before is not None and (
            place.before == one or place.before not in {each.id for each in self._at(place)}
        ):
            return TreeFault.NOT_BESIDE
        return None

    def moved(self, one: int, place: Place) -> dict[int, Node]:
        """Every segment that a move changes, as it is afterwards. Raises ValueError(TreeFault)."""
        fault = self.why_not_move(one, place)
        if fault is not None:
            raise ValueError(fault)
        order = [each.id for each in self._at(place) if each.id != one]
        at = len(order) if place.before is None else order.index(place.before)
        order.insert(at, one)
        chain, tier = self._lands(place)
        after = dict(self.nodes)
        for node in self.subtree(one):
            after[node.id] = replace(node, chain=chain, tier=tier)
        after[one] = replace(after[one], parent=place.parent)
        for number, each in enumerate(order):
            after[each] = replace(after[each], position=number)
        return self._differing(numbered(after.values(), {chain, self.nodes[one].chain}))

    def _at(self, place: Place) -> list[Node]:
        if place.parent is not None:
            return self.parts(place.parent)
        return self.roots(place.chain, place.tier)

    def _lands(self, place: Place) -> tuple[int, Tier | None]:
        if place.parent is None:
            return place.chain, place.tier
        under = self.nodes[place.parent]
        return under.chain, under.tier

    def _differing(self, after: Mapping[int, Node]) -> dict[int, Node]:
        return {key: node for key, node in after.items() if self.nodes.get(key) != node}

    # --- the four steps of a keyboard; None where there is no such place ---

    def up(self, one: int) -> Place | None:
        beside, at = self._among(one)
        return self._before(one, beside[at - 1].id) if at else None

    def down(self, one: int) -> Place | None:
        beside, at = self._among(one)
        if at + 1 >= len(beside):
            return None
        return self._before(one, beside[at + 2].id if at + 2 < len(beside) else None)

    def inward(self, one: int) -> Place | None:
        """Under the segment that stands before it, as its last part."""
        beside, at = self._among(one)
        if not at:
            return None
        node = self.nodes[one]
        return Place(node.chain, node.tier, beside[at - 1].id)

    def outward(self, one: int) -> Place | None:
        """Beside its parent, right after it."""
        node = self.nodes[one]
        if node.parent is None:
            return None
        parent = self.nodes[node.parent]
        beside = self.siblings(parent)
        at = beside.index(parent)
        after = beside[at + 1].id if at + 1 < len(beside) else None
        return Place(parent.chain, parent.tier, parent.parent, after)

    def _among(self, one: int) -> tuple[list[Node], int]:
        """The live siblings of a segment, and its place among them."""
        node = self.nodes[one]
        if node.is_retired:
            beside = [each for each in self.siblings(node) if each is node or not each.is_retired]
            return beside, beside.index(node)
        if _beside(node) not in self._live:  # asked four times for each of thousands
            live = [each for each in self.siblings(node) if not each.is_retired]
            places = {each.id: place for place, each in enumerate(live)}
            self._live[_beside(node)] = live, places
        live, places = self._live[_beside(node)]
        return live, places[one]

    def _before(self, one: int, other: int | None) -> Place:
        node = self.nodes[one]
        return Place(node.chain, node.tier, node.parent, other)

    # --- merging ---

    def why_not_merge(self, one: int, into: int) -> TreeFault | None:
        """Why what stands at one segment cannot go to another; None where it can."""
        if one not in self.nodes or into not in self.nodes:
            return TreeFault.UNKNOWN
        if self.nodes[into].is_retired:
            return TreeFault.RETIRED_PLACE
        if one == into or any(each.id == one for each in self.above(self.nodes[into])):
            return TreeFault.UNDER_ITSELF
        return None

    def merged(self, one: int, into: int) -> dict[int, Node]:
        """Every segment that a merger changes: `one` is retired, its parts stand last under `into`.

        Raises ValueError(TreeFault).
        """
        fault = self.why_not_merge(one, into)
        if fault is not None:
            raise ValueError(fault)
        target = self.nodes[into]
        after = dict(self.nodes)
        for node in self.subtree(one):
            after[node.id] = replace(node, chain=target.chain, tier=target.tier)
        last = max(node.position for node in self.nodes.values())
        for place, part in enumerate(self.parts(one), last + 1):
            after[part.id] = replace(after[part.id], parent=into, position=place)
        after[one] = replace(self.nodes[one], is_retired=True)
        return self._differing(numbered(after.values(), {target.chain, self.nodes[one].chain}))


def _beside(node: Node) -> int | tuple[int, Tier | None]:
    return node.parent if node.parent is not None else (node.chain, node.tier)


def numbered(nodes: Iterable[Node], chains: Collection[int]) -> dict[int, Node]:
    """The same segments, those of these chains numbered anew in the order of their trees."""
    forest = Forest(nodes)
    after = dict(forest.nodes)
    for chain in chains:
        for number, (node, _depth) in enumerate(forest.of_chain(chain)):
            after[node.id] = replace(after[node.id], position=number)
    return after


def faults_of(nodes: Collection[Node]) -> dict[int, TreeFault]:
    """What is wrong with segments that came from elsewhere, by segment; empty where they are trees."""
    forest = Forest(nodes)
    found: dict[int, TreeFault] = {}
    codes: set[str] = set()
    around = on_circles({node.id: node.parent for node in forest.nodes.values()})
    for node in sorted(nodes, key=lambda each: each.id):
        if node.code in codes:
            found[node.id] = TreeFault.SAME_CODE
        codes.add(node.code)
        if node.parent is None:
            continue
        parent = forest.nodes.get(node.parent)
        if parent is None:
            found[node.id] = TreeFault.UNKNOWN
        elif node.id in around:
            found[node.id] = TreeFault.CIRCLE
        elif (node.chain, node.tier) != (parent.chain, parent.tier):
            found[node.id] = TreeFault.OTHER_CHAIN
    return found


def on_circles(parents: Mapping[Named, Named | None]) -> frozenset[Named]:
    """Those that stand above themselves."""
    clear: set[Named] = set()
    around: set[Named] = set()
    for start in parents:
        way: dict[Named, int] = {}
        one: Named | None = start
        while one is not None and one in parents and one not in clear and one not in way:
            way[one] = len(way)
            one = parents[one]
        if one in way:
            around |= {each for each, step in way.items() if step >= way[one]}
        clear |= way.keys()
    return frozenset(around)
