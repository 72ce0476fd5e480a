"""以商招商: reading the anchor firms, what lies around them in the network of links, and whom to name."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from crm.chains.models import AnchorNeed, Chain, Presence, Segment, SegmentFit, SegmentLink
from crm.chains.queries.presence import needs_select
from crm.chains.rules import FitState, PresenceRole, SegmentLayout
from crm.chains.rules.neighbours import (
    Call,
    Feed,
    Need,
    Neighbour,
    call_list,
    neighbours,
    with_above,
)
from crm.core.db import db, rows_of
from crm.enterprises.models import Enterprise

NAMED = 5
"""Companies named for a segment: enough to ask the anchor firm whom it knows."""


@dataclass(frozen=True, slots=True)
class Network:
    """All segments in use with what feeds what, and where somebody local stands."""

    segments: Mapping[int, Any]
    """(id, code, name, name_en, chain_id, chain, chain_en, parent_id, layout, weight) by id."""
    feeds: Sequence[Feed]
    served: frozenset[int]
    """Segments somebody local stands at or has registered for, those above them included."""

    def is_missing(self, segment_id: int) -> bool:
        """Nobody stands there, and the district means to bring somebody in (重点招引)."""
        segment = self.segments.get(segment_id)
        return (
            segment is not None
            and segment.layout is SegmentLayout.FOCUS
            and segment_id not in self.served
        )

    def around(self, own: Iterable[int]) -> tuple[Neighbour, ...]:
        """The missing segments around a firm that stands at these."""
        above = {each.id: each.parent_id for each in self.segments.values()}
        return neighbours(with_above(own, above), self.feeds, self.is_missing)


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor firm in the list: where it stands, what is missing around it, what it needs."""

    enterprise_id: int
    name: str
    region_code: str | None
    places: Sequence[Any]
    around: Sequence[Neighbour]
    open_needs: int
    amount_yuan: int | None
    """What its open needs name together; None where none names any."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What to take to an anchor firm."""

    enterprise: Any
    places: Sequence[Any]
    calls: Sequence[Call]
    needs: Mapping[int, Any]
    """Its open needs by id."""
    segments: Mapping[int, Any]
    """By segment, a row with chain_id, chain, chain_en, and its name as `segment` or `name`."""
    here: Mapping[int, Sequence[str]]
    """By segment, the local firms standing there, the strongest first."""


def network(landed: Iterable[int] = ()) -> Network:
    """Three statements, however many segments and firms there are. `landed`: segments that somebody
    has come to and nobody has recorded yet."""
    rows = rows_of(
        select(
            Segment.id,
            Segment.code,
            Segment.name,
            Segment.name_en,
            Segment.chain_id,
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
            Segment.parent_id,
            Segment.layout,
            Segment.weight,
        )
        .join(Chain, Chain.id == Segment.chain_id)
        .where(Segment.retired_on.is_(None), Chain.retired_on.is_(None))
        .order_by(Chain.position, Chain.id, Segment.position, Segment.id)
    ).all()
    segments = {row.id: row for row in rows}
    links = rows_of(
        select(SegmentLink.from_id, SegmentLink.to_id, SegmentLink.product).order_by(SegmentLink.id)
    )
    feeds = [
        Feed(row.from_id, row.to_id, row.product)
        for row in links
        if row.from_id in segments and row.to_id in segments
    ]
    standing = rows_of(
        select(Presence.segment_id).where(Presence.ended_on.is_(None)).distinct()
    ).scalars()
    above = {row.id: row.parent_id for row in rows}
    return Network(segments, feeds, with_above((*standing, *landed), above))


def _places(enterprise_ids: Collection[int] | None = None) -> Sequence[Any]:
    """Where anchor firms stand, in any role, chain by chain."""
    anchors = select(Presence.enterprise_id).where(
        Presence.role == PresenceRole.ANCHOR, Presence.ended_on.is_(None)
    )
    statement = (
        select(
            Presence.enterprise_id,
            Presence.segment_id,
            Presence.role,
            Presence.output_yuan,
            Presence.output_year,
            Segment.name,
            Segment.name_en,
            Segment.chain_id,
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
        )
        .join(Segment, Segment.id == Presence.segment_id)
        .join(Chain, Chain.id == Segment.chain_id)
        .where(Presence.ended_on.is_(None))
        .order_by(Chain.position, Chain.id, Segment.position, Presence.id)
    )
    if enterprise_ids is None:
        statement = statement.where(Presence.enterprise_id.in_(anchors))
    else:
        statement = statement.where(Presence.enterprise_id.in_(enterprise_ids))
    return rows_of(statement).all()


def anchors(chain_id: int | None = None, landed: Iterable[int] = ()) -> Sequence[Anchor]:
    """All anchor firms (of a chain), those whose open needs name most first. Seven statements at most."""
    places: dict[int, list[Any]] = defaultdict(list)
    for row in _places():
        places[row.enterprise_id].append(row)
    if chain_id is not None:
        places = defaultdict(
            list,
            {
                company: rows
                for company, rows in places.items()
                if any(row.chain_id == chain_id and row.role is PresenceRole.ANCHOR for row in rows)
            },
        )
    if not places:
        return []
    around = network(landed)
    companies = rows_of(
        select(Enterprise.id, Enterprise.name, Enterprise.region_code).where(
            Enterprise.id.in_(sorted(places))
        )
    )
    wanted = {
        row.enterprise_id: row
        for row in rows_of(
            select(
                AnchorNeed.enterprise_id,
                func.count().label("n"),
                func.sum(AnchorNeed.amount_yuan).label("yuan"),
            )
            .where(AnchorNeed.met_on.is_(None))
            .group_by(AnchorNeed.enterprise_id)
        )
    }
    found = []
    for company in companies:
        need = wanted.get(company.id)
        found.append(
            Anchor(
                company.id,
                company.name,
                company.region_code,
                places[company.id],
                around.around(row.segment_id for row in places[company.id]),
                need.n if need else 0,
                int(need.yuan) if need and need.yuan is not None else None,
            )
        )
    return sorted(
        found, key=lambda each: (-(each.amount_yuan or 0), -each.open_needs, each.enterprise_id)
    )


def visit(enterprise_id: int, landed: Iterable[int] = ()) -> Visit | None:
    """The call list for an anchor firm; None for a company that is none."""
    places = _places([enterprise_id])
    if not any(row.role is PresenceRole.ANCHOR for row in places):
        return None
    company = db.session.get(Enterprise, enterprise_id)
    needs = {
        row.id: row
        for row in rows_of(
            needs_select()
            .where(AnchorNeed.enterprise_id == enterprise_id, AnchorNeed.met_on.is_(None))
            .order_by(AnchorNeed.kind, AnchorNeed.id)
        )
    }
    all_of = network(landed)
    around = all_of.around(row.segment_id for row in places)
    weights = {each.id: each.weight for each in all_of.segments.values()}
    calls = call_list(around, [as_need(row) for row in needs.values()], weights)
    return Visit(
        company,
        places,
        calls,
        needs,
        {**{row.segment_id: row for row in needs.values()}, **all_of.segments},
        _local_names([each.segment_id for each in calls], enterprise_id),
    )


def _local_names(segment_ids: Collection[int], but: int) -> dict[int, list[str]]:
    """The names of the firms standing at some segments, one company left out."""
    rows = rows_of(
        select(Presence.segment_id, Presence.strength, Enterprise.name)
        .join(Enterprise, Enterprise.id == Presence.enterprise_id)
        .where(
            Presence.segment_id.in_(segment_ids),
            Presence.ended_on.is_(None),
            Presence.enterprise_id != but,
        )
        .order_by(Presence.id)
    ).all()
    found: dict[int, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: -row.strength.points):
        if len(found[row.segment_id]) < NAMED:
            found[row.segment_id].append(row.name)
    return dict(found)


def as_need(row: Any) -> Need:
    return Need(row.id, row.segment_id, row.amount_yuan, row.kind, bool(row.partner))


def likely_companies(
    segment_ids: Collection[int],
    left_out: Collection[tuple[int, int]] = (),
    district: str | None = None,
) -> dict[int, list[Any]]:
    """Companies from elsewhere that may belong to each segment, the surest first.

    `left_out`: (company, segment) whom nobody would ask about. `district`: whose seat there is needs
    no bringing in.
    """
    if not segment_ids:
        return {}
    stands = select(Presence.id).where(
        Presence.enterprise_id == SegmentFit.enterprise_id, Presence.ended_on.is_(None)
    )
    place = func.row_number().over(
        partition_by=SegmentFit.segment_id,
        order_by=(
            (SegmentFit.state == FitState.CONFIRMED).desc(),
            SegmentFit.score.desc(),
            SegmentFit.enterprise_id,
        ),
    )
    ranked = (
        select(
            SegmentFit.segment_id,
            SegmentFit.state,
            Enterprise.id,
            Enterprise.name,
            Enterprise.region_code,
            place.label("place"),
        )
        .join(Enterprise, Enterprise.id == SegmentFit.enterprise_id)
        .where(
            SegmentFit.segment_id.in_(segment_ids),
            SegmentFit.state != FitState.REJECTED,
            func.coalesce(Enterprise.region_code, "") != (district or "-"),
            ~stands.exists(),
        )
        .subquery()
    )
    most = NAMED + max(Counter(segment for _, segment in left_out).values(), default=0)
    rows = rows_of(
        select(ranked).where(ranked.c.place <= most).order_by(ranked.c.segment_id, ranked.c.place)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if (row.id, row.segment_id) not in left_out and len(found[row.segment_id]) < NAMED:
            found[row.segment_id].append(row)
    return dict(found)
