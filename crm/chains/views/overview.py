"""产业链: chains and segments by tier, with the leads at each, and the gaps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_READERS
from crm.chains import queries
from crm.chains.rules import ChainKind, Tier
from crm.chains.views import bp
from crm.chains.wording import named, word
from crm.core.guard import allow
from crm.leads.queries import leads_by_segment
from crm.leads.rules.filters import Bucket, LeadFilter

TIERS = (Tier.UP, Tier.MID, Tier.DOWN, None)


@dataclass(slots=True)
class Place:
    """A chain or a segment, with how many leads stand there; each number has its list."""

    name: str
    in_talks: int
    signed: int
    talks_behind: LeadFilter
    signed_behind: LeadFilter
    group: str | None = None

    @property
    def is_gap(self) -> bool:
        return not self.in_talks and not self.signed


@dataclass(slots=True)
class ChainShown:
    chain_id: int
    place: Place
    is_track: bool
    leader: str | None
    anchor: str | None
    tiers: list[tuple[str, list[Place]]] = field(default_factory=list)

    @property
    def segments(self) -> int:
        return sum(len(places) for _, places in self.tiers)

    @property
    def gaps(self) -> int:
        return sum(place.is_gap for _, places in self.tiers for place in places)


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    found = list(_chains())
    return render_template(
        "chains/index.html",
        chains=[each for each in found if not each.is_track],
        tracks=[each for each in found if each.is_track],
    )


def _chains() -> Iterator[ChainShown]:
    counts = {(row.chain_id, row.segment_id): (row.in_talks, row.signed) for row in _counts()}
    for chain_id, rows in groupby(queries.chain_map(), key=lambda row: row.chain_id):
        segments = list(rows)
        first = segments[0]
        at_chain = [pair for (chain, _), pair in counts.items() if chain == chain_id]
        place = Place(
            named(first.chain, first.chain_en),
            sum(talks for talks, _ in at_chain),
            sum(signed for _, signed in at_chain),
            LeadFilter(chain=chain_id, stage=Bucket.IN_TALKS),
            LeadFilter(chain=chain_id, stage=Bucket.FROM_SIGNING),
        )
        shown = ChainShown(
            chain_id, place, first.kind is ChainKind.FUTURE_TRACK, first.leader, first.anchor
        )
        for tier in TIERS:
            places = [
                _segment(row, counts.get((chain_id, row.segment_id), (0, 0)))
                for row in segments
                if row.segment_id is not None and row.tier == tier
            ]
            if places:
                shown.tiers.append((str(word(tier)) if tier else "", places))
        yield shown


def _counts() -> Any:
    return leads_by_segment(g.actor)


def _segment(row: Any, counted: tuple[int, int]) -> Place:
    return Place(
        named(row.segment, row.segment_en),
        *counted,
        LeadFilter(chain=row.chain_id, segment=row.segment_id, stage=Bucket.IN_TALKS),
        LeadFilter(chain=row.chain_id, segment=row.segment_id, stage=Bucket.FROM_SIGNING),
        named(row.group, row.group_en) if row.group else None,
    )
