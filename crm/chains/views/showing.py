"""Segments as the pages of chains show them: in their tree, by tier, each with its words and address."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flask import url_for

from crm.chains.rules import ChainKind, Tier
from crm.chains.wording import named, word
from crm.core.language import is_chinese
from crm.coverage.queries.facts import ChainCovered, Counts, Covered
from crm.coverage.rules import ReasonCode, Status
from crm.coverage.wording import ICON, reason_texts
from crm.coverage.wording import word as coverage_word

TIERS = (Tier.UP, Tier.MID, Tier.DOWN, None)
WIDE_FROM = 10
"""A tier of more segments than these takes two columns of the map."""


@dataclass(slots=True)
class Box:
    """A segment ready to be shown, with those below it."""

    code: str
    name: str
    status: Status
    look: "Look"
    href: str
    is_key: bool
    weight: int
    counts: Counts
    covered: Covered
    group: str | None
    reason_words: dict[ReasonCode, str]  # filled as they are asked for, one for the page
    is_out: bool = False  # the filter leaves it in the background
    feeds: str = ""  # codes of the segments of this page it feeds, for the drawn lines
    children: list["Box"] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        return reason_texts(self.covered.judged.reasons, self.reason_words)


@dataclass(frozen=True, slots=True)
class Look:
    """A status as it is shown everywhere: never by colour alone."""

    status: Status
    word: str
    icon: str


def looks() -> dict[Status, Look]:
    """Every status in the reader's language."""
    return {status: Look(status, str(coverage_word(status)), ICON[status]) for status in Status}


@dataclass(frozen=True, slots=True)
class TierShown:
    """The segments of one tier of a chain: those that stand under no other, and all of them."""

    tier: Tier | None
    word: str
    roots: Sequence[Box]

    @property
    def is_wide(self) -> bool:
        """Whether it takes two columns, so that the map is no longer than a screen or two."""
        return sum(1 for _ in self.placed) > WIDE_FROM

    @property
    def placed(self) -> Iterator[tuple[Box, int]]:
        """From the top down, each before those below it, with how far down it stands."""
        waiting = [(box, 0) for box in reversed(self.roots)]
        while waiting:
            box, depth = waiting.pop()
            yield box, depth
            waiting += [(child, depth + 1) for child in reversed(box.children)]

    @property
    def boxes(self) -> Iterator[Box]:
        return (box for box, _depth in self.placed)


@dataclass(frozen=True, slots=True)
class ChainShown:
    """A chain with its segments by tier."""

    found: ChainCovered
    name: str
    href: str
    tiers: Sequence[TierShown]

    @property
    def is_track(self) -> bool:
        return self.found.chain.kind is ChainKind.FUTURE_TRACK


def shown(
    found: ChainCovered,
    known: Mapping[Status, Look],
    *,
    counts: Mapping[int, Counts] | None = None,
    is_out: Callable[[Covered, Counts], bool] = lambda _covered, _counts: False,
    query: str = "",
) -> ChainShown:
    """A chain for a page. `counts` are those of a filter, `query` goes with the segments' addresses."""
    href = url_for("chains.chart", code=found.chain.code)
    boxes: dict[int, Box] = {}
    in_chinese = is_chinese()
    reason_words: dict[ReasonCode, str] = {}

    def name(chinese: str, english: str | None) -> str:
        return chinese if in_chinese or not english else english

    for each in found.segments:
        segment = each.segment
        numbers = each.counts if counts is None else counts[segment.id]
        boxes[segment.id] = Box(
            segment.code,
            name(segment.name, segment.name_en),
            each.status,
            known[each.status],
            f"{href}/segments/{segment.code}{query}",
            segment.is_key,
            segment.weight,
            numbers,
            each,
            name(segment.group, segment.group_en) if segment.group else None,
            reason_words,
            is_out(each, numbers),
        )
    roots: defaultdict[Tier | None, list[Box]] = defaultdict(list)
    for each in found.segments:
        box, parent = boxes[each.segment.id], boxes.get(each.segment.parent_id)
        (roots[each.segment.tier] if parent is None else parent.children).append(box)
    tiers = [
        TierShown(tier, str(word(tier)) if tier else "", roots[tier])
        for tier in TIERS
        if roots[tier]
    ]
    return ChainShown(found, named(found.chain.name, found.chain.name_en), href, tiers)


def all_boxes(chain: ChainShown) -> Iterable[Box]:
    for tier in chain.tiers:
        yield from tier.boxes
