"""What stands at every segment, is coming and is asked for: a fixed number of statements, counted in SQL.

Everybody is given the district's numbers, sensitive leads included, since a status must be one truth
(ADR 0006); the lists behind them show what a person may see and tell how many more are counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from crm.chains.models import Presence
from crm.chains.rules import NeedKind
from crm.core.db import rows_of
from crm.coverage.queries.counting import (
    NEWEST_FORECAST,
    chain_rows,
    firm_counts,
    landings,
    lead_counts,
    lead_counts_narrowed,
    need_counts,
    recorded_landings,
    segment_rows,
)
from crm.coverage.queries.settings import settings_held
from crm.coverage.rules import (
    LANDED,
    Coming,
    CoverageSettings,
    Firms,
    Judged,
    Node,
    Number,
    SegmentFacts,
    Status,
    judge_tree,
)
from crm.coverage.rules.chances import chances_of
from crm.coverage.rules.viewing import MapFilter
from crm.leads.rules import IN_TALKS, Stage


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted at a segment, those below it included. `leads` are not parked, lost or transferred;
    `in_talks`, `signed` (from signing on) and first tips add up to them."""

    firms: int = 0
    leads: int = 0
    in_talks: int = 0
    signed: int = 0
    needs: int = 0
    need_yuan: int = 0
    sensitive: int = 0  # of the leads

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.firms + other.firms,
            self.leads + other.leads,
            self.in_talks + other.in_talks,
            self.signed + other.signed,
            self.needs + other.needs,
            self.need_yuan + other.need_yuan,
            self.sensitive + other.sensitive,
        )

    @property
    def tips(self) -> int:
        """Leads nobody talks to yet (线索)."""
        return self.leads - self.in_talks - self.signed

    @property
    def is_empty(self) -> bool:
        return not (self.firms or self.leads or self.needs)


@dataclass(frozen=True, slots=True)
class Covered:
    """A segment with its status, its reasons and its counts."""

    segment: Any  # the columns of `counting.segment_rows`
    facts: SegmentFacts
    judged: Judged
    counts: Counts

    @property
    def status(self) -> Status:
        return self.judged.status


@dataclass(frozen=True, slots=True)
class ChainCovered:
    """A chain with its segments in their order. `unplaced` leads in talks are on it, at no segment."""

    chain: (
        Any  # id, code, name, name_en, kind, anchor, confirmed_on, version, leader and department
    )
    segments: tuple[Covered, ...]
    counts: Counts  # each company, lead and need once a segment, without those of subtrees again
    unplaced: int

    def having(self, status: Status) -> int:
        return sum(each.status is status for each in self.segments)


@dataclass(frozen=True, slots=True)
class Coverage:
    """All chains asked for, and by what they were judged."""

    chains: tuple[ChainCovered, ...]
    settings: CoverageSettings
    chances: Mapping[Stage, int]
    forecast_on: date | None  # the day of the forecast that gave the chances; None: the prior
    without_chain: int  # leads in talks on no chain, counted where all chains are asked for


@dataclass(slots=True)
class _Found:
    """What the statements say of one segment alone."""

    firms: list[Firms] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)
    landed: int = 0
    supply_needs: int = 0
    other_needs: int = 0
    need_yuan: int = 0
    sensitive: int = 0
    landed_leads: int = 0

    def facts(self, layout: Any) -> SegmentFacts:
        return SegmentFacts(
            layout, tuple(self.firms), tuple(self.coming), self.landed, self.supply_needs,
            self.other_needs,
        )  # fmt: skip

    def counts(self) -> Counts:
        first = sum(each.count for each in self.coming if each.stage is Stage.LEAD)
        contracted = sum(each.count for each in self.coming if each.stage is Stage.SIGNED)
        signed = contracted + self.landed_leads
        leads = sum(each.count for each in self.coming) + self.landed_leads
        return Counts(
            sum(each.count for each in self.firms), leads, leads - first - signed, signed,
            self.supply_needs + self.other_needs, self.need_yuan, self.sensitive,
        )  # fmt: skip


def coverage(today: date, *, chain_id: int | None = None) -> Coverage:
    """Every chain in use, or one, with its segments and their status: eight statements."""
    settings, _version = settings_held()
    chances, forecast_on = chances_held()
    chains = chains_in_use(chain_id)
    segments = rows_of(segment_rows(chain_id)).all()
    stale_after = settings[Number.STALE_AFTER_DAYS]
    found: defaultdict[int, _Found] = defaultdict(_Found)
    _add_firms(found, rows_of(firm_counts(chain_id, today, stale_after)))
    _add_needs(found, rows_of(need_counts(chain_id)))
    unplaced = _add_leads(found, rows_of(lead_counts(chain_id)))
    for row in rows_of(recorded_landings()):
        found[row.segment_id].landed -= row.n
    nodes = [Node(row.id, row.parent_id, found[row.id].facts(row.layout)) for row in segments]
    judged = judge_tree(nodes, settings, chances)
    own = {row.id: found[row.id].counts() for row in segments}
    counts = _with_below(own, {row.id: row.parent_id for row in segments})
    by_chain: defaultdict[int, list[Any]] = defaultdict(list)
    for row in segments:
        by_chain[row.chain_id].append(row)
    return Coverage(
        tuple(
            ChainCovered(
                chain,
                tuple(Covered(row, *judged[row.id], counts[row.id]) for row in by_chain[chain.id]),
                sum((own[row.id] for row in by_chain[chain.id]), Counts()),
                unplaced[chain.id],
            )
            for chain in chains
        ),
        settings,
        chances,
        forecast_on,
        unplaced[None],
    )


def landed_at() -> dict[int, int]:
    """By segment how many leads registered whose company nobody has recorded on the chain yet: two
    statements."""
    landed = Counter({row.segment_id: row.n for row in rows_of(landings())})
    for row in rows_of(recorded_landings()):
        landed[row.segment_id] -= row.n
    return {segment: n for segment, n in landed.items() if n > 0}


def narrowed_counts(
    found: ChainCovered, wanted: MapFilter, today: date, settings: CoverageSettings
) -> dict[int, Counts]:
    """Companies and leads of a chain's segments as a filter of the map counts them: two statements
    where it counts otherwise than the status does, else none."""
    if not wanted.counts_anew:
        return {each.segment.id: each.counts for each in found.segments}
    chain_id, stale_after = found.chain.id, settings[Number.STALE_AFTER_DAYS]
    firms = firm_counts(chain_id, today, stale_after)
    if wanted.zone is not None:
        firms = firms.where(Presence.zone_id == wanted.zone)
    leads = lead_counts_narrowed(chain_id, wanted.zone, wanted.stages)
    own: defaultdict[int, _Found] = defaultdict(_Found)
    _add_firms(own, rows_of(firms))
    _add_leads(own, rows_of(leads))
    counts = _with_below(
        {each.segment.id: own[each.segment.id].counts() for each in found.segments},
        {each.segment.id: each.segment.parent_id for each in found.segments},
    )
    return {
        each.segment.id: replace(
            counts[each.segment.id], needs=each.counts.needs, need_yuan=each.counts.need_yuan
        )
        for each in found.segments
    }


def chances_held() -> tuple[Mapping[Stage, int], date | None]:
    """Per cent by stage from the newest archived forecast, and its day."""
    run = rows_of(NEWEST_FORECAST).first()
    weekly = run.parameters.get("weekly_by_stage") if run else None
    return chances_of(weekly), run.made_on if run and weekly else None


def chains_in_use(chain_id: int | None = None) -> Sequence[Any]:
    """Every chain and track that is not retired, or one, in their order."""
    return rows_of(chain_rows(chain_id)).all()


def _add_firms(found: Mapping[int, _Found], rows: Iterable[Any]) -> None:
    for segment_id, role, strength, is_stale, count in rows:
        found[segment_id].firms.append(Firms(role, strength, bool(is_stale), count))


def _add_needs(found: Mapping[int, _Found], rows: Iterable[Any]) -> None:
    for row in rows:
        each = found[row.segment_id]
        each.need_yuan += int(row.yuan)
        if row.kind is NeedKind.SUPPLY:
            each.supply_needs += row.n
        else:
            each.other_needs += row.n


def _add_leads(found: Mapping[int, _Found], rows: Iterable[Any]) -> defaultdict[int | None, int]:
    """Leads at their segments; by chain those in talks that stand at none."""
    unplaced: defaultdict[int | None, int] = defaultdict(int)
    for row in rows:
        if row.segment_id is None:
            unplaced[row.chain_id] += row.n if row.stage in IN_TALKS else 0
            continue
        each = found[row.segment_id]
        each.sensitive += row.sensitive
        if row.stage in LANDED:
            each.landed += row.n
            each.landed_leads += row.n
        else:
            each.coming.append(Coming(row.stage, row.n))
    return unplaced


def _with_below(own: Mapping[int, Counts], parents: Mapping[int, int | None]) -> dict[int, Counts]:
    """Counts of each segment with those of all below it."""
    together = dict(own)
    for segment_id, counts in own.items():
        above, seen = parents[segment_id], {segment_id}
        while above in together and above not in seen:
            seen.add(above)
            together[above] += counts
            above = parents[above]
    return together
