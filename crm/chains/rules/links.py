"""What feeds what (供给 → 需求): links between segments, of one chain or of two, without circles."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Segment = TypeVar("Segment", int, str)
"""Named by its number or its code."""

Links = Collection[tuple[int, int]]
"""(supplying segment, needing segment)."""


class LinkFault(StrEnum):
    ITSELF = "itself"
    TWICE = "twice"
    CIRCLE = "circle"


@dataclass(frozen=True, slots=True)
class AgainstLink:
    """Why two segments cannot be linked; `way` goes from the needing one back to the supplying one."""

    fault: LinkFault
    way: tuple[int, ...] = ()


def why_not_link(links: Links, supply: int, need: int) -> AgainstLink | None:
    """Why this link cannot be added to those; None where it can."""
    if supply == need:
        return AgainstLink(LinkFault.ITSELF)
    if (supply, need) in links:
        return AgainstLink(LinkFault.TWICE)
    way = way_between(_following(links), need, supply)
    return AgainstLink(LinkFault.CIRCLE, way) if way else None


def circle_in(links: Links) -> tuple[int, ...]:
    """The segments of one circle in their order, the first again at the end; empty where there is none."""
    if not has_circle(links):
        return ()
    following = _following(links)
    for supply, need in sorted(links):
        way = way_between(following, need, supply)
        if way:
            return (supply, *way)
    return ()


def way_between(
    following: Mapping[Segment, Collection[Segment]], start: Segment, end: Segment
) -> tuple[Segment, ...]:
    """The shortest way along the links from one segment to another, both included; empty if none."""
    before: dict[Segment, Segment | None] = {start: None}
    waiting = deque([start])
    while waiting:
        one = waiting.popleft()
        if one == end:
            way: list[Segment] = []
            at: Segment | None = one
            while at is not None:
                way.append(at)
                at = before[at]
            return tuple(reversed(way))
        for other in sorted(following.get(one, ())):
            if other not in before:
                before[other] = one
                waiting.append(other)
    return ()


def has_circle(links: Links) -> bool:
    """Whether anything feeds itself in the end."""
    following = _following(links)
    needs: dict[int, int] = {}
    for _supply, need in links:
        needs[need] = needs.get(need, 0) + 1
    ready = [one for one in following if one not in needs]
    taken = 0
    while ready:
        for other in following.get(ready.pop(), ()):
            taken += 1
            needs[other] -= 1
            if not needs[other]:
                ready.append(other)
    return taken < len(links)


def merged_links(links: Links, one: int, into: int) -> frozenset[tuple[int, int]]:
    """The links once `one` stands for `into`: each once, and none of a segment with itself."""
    found = {
        (into if supply == one else supply, into if need == one else need) for supply, need in links
    }
    return frozenset((supply, need) for supply, need in found if supply != need)


def _following(links: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for supply, need in links:
        found.setdefault(supply, set()).add(need)
    return found
