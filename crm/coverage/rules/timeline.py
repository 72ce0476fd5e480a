"""How segments stood on earlier days, and which gaps leads have filled, by the same rule as today.

Told from dates that are kept: companies since when and until when, needs noted and met, every stage a
lead has stood in, its registration by that event's own day. What has no history is taken as it is now:
the segment of a lead, the role and strength of a company, the layout of a segment; of a company's
checks the newest is known alone, so before it the company counts as checked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from crm.chains.rules import PresenceRole, SegmentLayout, Strength
from crm.chains.rules.presence import is_stale
from crm.coverage.rules.settings import CoverageSettings, Number
from crm.coverage.rules.status import (
    COMING,
    LANDED,
    Coming,
    Firms,
    Judged,
    SegmentFacts,
    Status,
    judge,
)
from crm.leads.rules.stages import Stage


@dataclass(frozen=True, slots=True)
class Stay:
    """A company at a segment, from `since_on` (None: always) until the day before `ended_on`."""

    role: PresenceRole
    strength: Strength
    checked_on: date
    since_on: date | None
    ended_on: date | None

    def holds(self, day: date) -> bool:
        return (self.since_on is None or self.since_on <= day) and (
            self.ended_on is None or day < self.ended_on
        )


@dataclass(frozen=True, slots=True)
class Needed:
    """A need of an anchor firm, open from `noted_on` until the day before `met_on`."""

    is_supply: bool
    noted_on: date
    met_on: date | None

    def holds(self, day: date) -> bool:
        return self.noted_on <= day and (self.met_on is None or day < self.met_on)


@dataclass(frozen=True, slots=True)
class Travelled:
    """A lead with its stages, each from a day on, in their order.

    `recorded_on` is the day from which its company is recorded on the chain and counts by itself.
    """

    lead_id: int
    moves: tuple[tuple[date, Stage], ...]
    recorded_on: date | None = None

    def stage_on(self, day: date) -> Stage | None:
        return next((stage for on, stage in reversed(self.moves) if on <= day), None)

    @property
    def landed_on(self) -> date | None:
        """When it first stood registered here."""
        return next((on for on, stage in self.moves if stage in LANDED), None)


def with_registration(
    moves: tuple[tuple[date, Stage], ...], day: date | None
) -> tuple[tuple[date, Stage], ...]:
    """The moves of a lead with its registration on its own day, whenever somebody moved the lead on:
    a ledger brings what registered long ago, and a day is put right later."""
    first = next((n for n, (_on, stage) in enumerate(moves) if stage in LANDED), None)
    if first is None or day is None or day == moves[first][0]:
        return moves
    before = (move for move in moves[:first] if move[0] < day)
    after = ((max(on, day), stage) for on, stage in moves[first:])
    return (*before, (day, Stage.REGISTERED), *after)


@dataclass(frozen=True, slots=True)
class SegmentHistory:
    """Everything dated that is known of a segment alone."""

    layout: SegmentLayout = SegmentLayout.FOCUS
    stays: tuple[Stay, ...] = ()
    needs: tuple[Needed, ...] = ()
    leads: tuple[Travelled, ...] = ()

    def facts_on(self, day: date, settings: CoverageSettings) -> SegmentFacts:
        """What stood there at the end of a day."""
        firms: dict[tuple[PresenceRole, Strength, bool], int] = {}
        for stay in self.stays:
            if stay.holds(day):
                stale = is_stale(stay.checked_on, day, settings[Number.STALE_AFTER_DAYS])
                key = (stay.role, stay.strength, stale)
                firms[key] = firms.get(key, 0) + 1
        coming: dict[Stage, int] = {}
        landed = 0
        for lead in self.leads:
            stage = lead.stage_on(day)
            if stage in COMING:
                coming[stage] = coming.get(stage, 0) + 1
            elif stage in LANDED and (lead.recorded_on is None or day < lead.recorded_on):
                landed += 1
        asked = [need.is_supply for need in self.needs if need.holds(day)]
        return SegmentFacts(
            self.layout,
            tuple(Firms(*key, count) for key, count in firms.items()),
            tuple(Coming(stage, count) for stage, count in coming.items()),
            landed,
            sum(asked),
            len(asked) - sum(asked),
        )

    def with_below(self, lower: "SegmentHistory") -> "SegmentHistory":
        """This history and that of a segment below; see SegmentFacts.with_below."""
        needs = lower.needs if lower.layout is SegmentLayout.FOCUS else ()
        return SegmentHistory(
            self.layout,
            self.stays + lower.stays,
            self.needs + needs,
            self.leads + lower.leads,
        )

    def changes(self, since: date, until: date) -> list[date]:
        """The days in between on which anything that decides a status changed, both included."""
        spans: tuple[Stay | Needed, ...] = (*self.stays, *self.needs)
        days = {on for span in spans for on in _edges(span)}
        days |= {on for lead in self.leads for on, _stage in lead.moves}
        days |= {lead.recorded_on for lead in self.leads if lead.recorded_on is not None}
        return sorted(day for day in days if since <= day <= until)


def _edges(each: Stay | Needed) -> Iterable[date]:
    began, ended = (
        (each.since_on, each.ended_on) if isinstance(each, Stay) else (each.noted_on, each.met_on)
    )
    return (day for day in (began, ended) if day is not None)


def together(
    own: Mapping[int, SegmentHistory], parents: Mapping[int, int | None]
) -> dict[int, SegmentHistory]:
    """Each segment's history with those of all segments below it."""
    found = dict(own)
    for segment_id, history in own.items():
        above, seen = parents[segment_id], {segment_id}
        while above in found and above not in seen:
            seen.add(above)
            found[above] = found[above].with_below(history)
            above = parents[above]
    return found


def status_on(
    history: SegmentHistory, day: date, settings: CoverageSettings, chances: Mapping[Stage, int]
) -> Judged:
    """How the segment stood at the end of a day."""
    return judge(history.facts_on(day, settings), settings, chances)


def month_ends(today: date, months: int = 12) -> tuple[date, ...]:
    """The last days of the past months and, for the present one, today; oldest first."""
    ends = [today]
    first = today.replace(day=1)
    while len(ends) < months:
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return tuple(reversed(ends))


def counted(
    histories: Iterable[SegmentHistory],
    days: Sequence[date],
    settings: CoverageSettings,
    chances: Mapping[Stage, int],
) -> list[dict[Status, int]]:
    """How many of these segments had which status on each of the days."""
    found = [dict.fromkeys(Status, 0) for _ in days]
    for history in histories:
        for place, day in enumerate(days):
            found[place][status_on(history, day, settings, chances).status] += 1
    return found


@dataclass(frozen=True, slots=True)
class Filled:
    """A gap that a lead filled (填补环节): nobody stood there the day before it registered."""

    segment_id: int
    lead_id: int
    on: date


def filled(
    segment_id: int,
    own: SegmentHistory,
    whole: SegmentHistory,
    since: date,
    until: date,
    settings: CoverageSettings,
) -> Filled | None:
    """The first lead of the segment itself that registered in this time where nobody stood, if ever
    since then the segment is 有 or better. `whole` is its history with what lies below it.

    The lead itself must still stand registered. 在谈 is left aside: a segment that is 薄弱 by promises
    alone is still one where nobody stands.
    """
    if own.layout is not SegmentLayout.FOCUS:
        return None
    standing = replace(
        whole, leads=tuple(lead for lead in whole.leads if lead.landed_on is not None)
    )
    landings = sorted(
        (lead.landed_on, lead.lead_id)
        for lead in own.leads
        if lead.landed_on is not None
        and since <= lead.landed_on <= until
        and lead.stage_on(until) in LANDED
    )
    for on, lead_id in landings:
        before = standing.facts_on(on - timedelta(days=1), settings)
        if before.standing:
            continue
        days = {on, until, *standing.changes(on, until)}
        if all(
            status_on(standing, day, settings, {}).status in {Status.HAS, Status.STRONG}
            for day in sorted(days)
        ):
            return Filled(segment_id, lead_id, on)
    return None
