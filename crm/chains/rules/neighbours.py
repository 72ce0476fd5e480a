"""以商招商: which segments around a local anchor firm are missing here, and in which order to ask."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from crm.chains.rules.kinds import NeedKind

FARTHEST = 2
"""A supplier's supplier is worth a question to the anchor firm; further away it knows nobody."""


class Side(StrEnum):
    """On which side of the anchor firm a segment lies."""

    UPSTREAM = "upstream"  # it feeds the anchor
    DOWNSTREAM = "downstream"  # the anchor feeds it


class Question(StrEnum):
    """What to ask an anchor firm about a segment (以商招商)."""

    SUPPLIER = "supplier"
    BOUGHT = "bought"
    FURTHER_SUPPLIER = "further_supplier"
    CUSTOMER = "customer"
    SOLD = "sold"
    FURTHER_CUSTOMER = "further_customer"
    COOPERATION = "cooperation"
    PARTNER_WOULD_COME = "partner_would_come"
    WOULD_COME = "would_come"
    INTRODUCE = "introduce"


@dataclass(frozen=True, slots=True)
class Feed:
    """What one segment makes feeds another (供给 → 需求); `product` is what passes between them."""

    from_id: int
    to_id: int
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A missing segment so many links away.

    `via` are the segments next to it through which it is reached: the anchor's own at distance 1.
    `products` are what passes between them.
    """

    segment_id: int
    side: Side
    distance: int
    via: tuple[int, ...] = ()
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """An open entry of the anchor's lists. `amount_yuan`: a year's demand or trade, if known."""

    need_id: int
    segment_id: int
    amount_yuan: int | None = None
    kind: NeedKind = NeedKind.SUPPLY
    has_partner: bool = False
    """Whether it is known who serves it today."""


@dataclass(frozen=True, slots=True)
class Call:
    """One segment to ask the anchor firm about: for a missing neighbour, for its needs, or for both."""

    segment_id: int
    neighbour: Neighbour | None
    need_ids: tuple[int, ...]
    amount_yuan: int | None
    """All that its needs there name; None where none names any."""


def with_above(segments: Iterable[int], parents: Mapping[int, int | None]) -> frozenset[int]:
    """Segments and all they are parts of: whoever makes a part stands at the whole as well."""
    found: set[int] = set()
    for segment in segments:
        here: int | None = segment
        while here is not None and here not in found:
            found.add(here)
            here = parents.get(here)
    return frozenset(found)


def neighbours(
    own: Collection[int],
    feeds: Iterable[Feed],
    is_missing: Callable[[int], bool],
    farthest: int = FARTHEST,
) -> tuple[Neighbour, ...]:
    """The missing segments around `own`, the nearest first, upstream before downstream, by id.

    Segments that are not missing are walked through: a maker whom somebody local supplies may still
    lack a supplier's supplier. A segment reached on both sides counts where it is nearer, else upstream.
    """
    up: dict[int, list[Feed]] = defaultdict(list)
    down: dict[int, list[Feed]] = defaultdict(list)
    for feed in feeds:
        if feed.from_id != feed.to_id:
            up[feed.to_id].append(feed)
            down[feed.from_id].append(feed)
    found: dict[int, Neighbour] = {}
    for side, links in ((Side.UPSTREAM, up), (Side.DOWNSTREAM, down)):
        for reached in _reached(set(own), links, side, farthest):
            known = found.get(reached.segment_id)
            if is_missing(reached.segment_id) and (
                known is None or reached.distance < known.distance
            ):
                found[reached.segment_id] = reached
    return tuple(
        sorted(
            found.values(),
            key=lambda each: (each.distance, each.side is Side.DOWNSTREAM, each.segment_id),
        )
    )


def _reached(
    own: set[int], links: Mapping[int, list[Feed]], side: Side, farthest: int
) -> Iterable[Neighbour]:
    """Everything on one side, each segment once, at its shortest distance."""
    known, here = set(own), sorted(own)
    for distance in range(1, farthest + 1):
        through: dict[int, list[tuple[int, str | None]]] = defaultdict(list)
        for segment in here:
            for feed in links.get(segment, ()):
                other = feed.from_id if side is Side.UPSTREAM else feed.to_id
                if other not in known:
                    through[other].append((segment, feed.product))
        for segment, ways in through.items():
            yield Neighbour(
                segment,
                side,
                distance,
                tuple(sorted({via for via, _product in ways})),
                tuple(sorted({product for _via, product in ways if product})),
            )
        known |= through.keys()
        here = sorted(through)


def call_list(
    around: Iterable[Neighbour], needs: Iterable[Need], weights: Mapping[int, int]
) -> tuple[Call, ...]:
    """What to talk about with the anchor firm, segment by segment, the most telling first.

    By the segment's weight, then by what its needs there amount to, then where it named a need at
    all, then the nearest, then by id.
    """
    missing = {each.segment_id: each for each in around}
    wanted: dict[int, list[Need]] = defaultdict(list)
    for need in needs:
        wanted[need.segment_id].append(need)
    calls = []
    for segment_id in sorted({*missing, *wanted}):
        here = sorted(wanted.get(segment_id, ()), key=lambda need: need.need_id)
        amounts = [need.amount_yuan for need in here if need.amount_yuan is not None]
        calls.append(
            Call(
                segment_id,
                missing.get(segment_id),
                tuple(need.need_id for need in here),
                sum(amounts) if amounts else None,
            )
        )

    def turn(call: Call) -> tuple[int, int, bool, int, int]:
        distance = call.neighbour.distance if call.neighbour else 0
        weight = weights.get(call.segment_id, 0)
        return (-weight, -(call.amount_yuan or 0), not call.need_ids, distance, call.segment_id)

    return tuple(sorted(calls, key=turn))


def questions(neighbour: Neighbour | None, needs: Collection[Need]) -> tuple[Question, ...]:
    """What to ask about a segment: nothing that its needs there already tell.

    Of a supplier's supplier, or a customer's customer, the anchor firm is asked whom its own know.
    """
    supply = [each for each in needs if each.kind is NeedKind.SUPPLY]
    customer = [each for each in needs if each.kind is NeedKind.CUSTOMER]
    side = neighbour.side if neighbour else None
    is_far = neighbour is not None and neighbour.distance > 1
    asked = []
    for kind, here, who, far, how_much in (
        (supply, Side.UPSTREAM, Question.SUPPLIER, Question.FURTHER_SUPPLIER, Question.BOUGHT),
        (customer, Side.DOWNSTREAM, Question.CUSTOMER, Question.FURTHER_CUSTOMER, Question.SOLD),
    ):
        if not kind and side is not here:
            continue
        if not kind and is_far:
            asked.append(far)
            continue
        if not any(each.has_partner for each in kind):
            asked.append(who)
        if not any(each.amount_yuan is not None for each in kind):
            asked.append(how_much)
    if any(each.kind is NeedKind.PARTNER for each in needs):
        asked.append(Question.COOPERATION)
    knows_all = bool(needs) and all(each.has_partner for each in needs)
    would_come = Question.PARTNER_WOULD_COME if knows_all else Question.WOULD_COME
    return (*asked, would_come, Question.INTRODUCE)
