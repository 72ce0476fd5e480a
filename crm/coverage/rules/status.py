"""The status of a segment (空白, 薄弱, 有, 强) from what stands there, is coming, and is asked for.

A company counts points: 1, 2 or 3 by strength, times a percentage by role and by how fresh the
knowledge of it is. Each open supply need of an anchor firm takes points away. Leads in talks lift a gap
to 薄弱 (在谈) at most, and only once enough of them are likely to register; a lead that has
registered here counts as a company of medium strength, but nobody calls a segment 强 before the company
is recorded. The colours are those of
DOMAIN §3; the points are ours, explained in docs/chains.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crm.chains.rules import DEFAULT_WEIGHT, PresenceRole, SegmentLayout, Strength
from crm.coverage.rules.settings import CoverageSettings, Number
from crm.leads.rules.stages import FROM_SIGNING, IN_TALKS, ORDER, Stage

LANDED = FROM_SIGNING[1:]
"""From registration here on a lead stands for a company."""

COMING = (*ORDER[:1], *IN_TALKS, Stage.SIGNED)
"""The stages of leads that may still register here. Parked, lost and transferred ones do not count."""

PER_POINT = 100
"""Points are kept in hundredths, so that percentages of them stay exact."""


class Status(StrEnum):
    GAP = "gap"  # 空白
    WEAK = "weak"  # 薄弱
    HAS = "has"  # 有
    STRONG = "strong"  # 强
    NOT_SOUGHT = "not_sought"  # 外部协作 or 不布局: nobody is looked for

    @property
    def is_short(self) -> bool:
        """Whether companies are looked for here."""
        return self in {Status.GAP, Status.WEAK}


RANK = (Status.GAP, Status.WEAK, Status.HAS, Status.STRONG)
"""From the worst to the best; a segment that is not sought has no place among them."""


class ReasonCode(StrEnum):
    """Why a segment has its status. The numbers a reason carries are told beside each."""

    LAYOUT_EXTERNAL = "layout_external"
    LAYOUT_NONE = "layout_none"
    NO_FIRM = "no_firm"
    ANCHORS = "anchors"  # count
    STRONG_FIRMS = "strong_firms"  # count; of all roles, as the next two
    MEDIUM_FIRMS = "medium_firms"
    WEAK_FIRMS = "weak_firms"
    SUPPORT_FIRMS = "support_firms"  # count, of those: 研发 and 服务
    LANDED_LEADS = "landed_leads"  # count: registered here, not recorded as a company yet
    STALE_CHECKS = "stale_checks"  # count of companies not checked for too long
    SUPPLY_NEEDS = "supply_needs"  # count of open needs
    COMING_ENOUGH = "coming_enough"  # count of leads; expected registrations in hundredths
    COMING_EARLY = "coming_early"  # the same, not enough to lift a gap
    COMING_BESIDES = "coming_besides"  # the same, where companies decide already
    SHORT_OF_HAS = "short_of_has"  # hundredths of points: there are, and there should be
    ENOUGH_FOR_HAS = "enough_for_has"  # the same, where registered leads are among them
    SHORT_OF_STRONG = "short_of_strong"  # the same, of recorded companies alone, as the next one
    ENOUGH_FOR_STRONG = "enough_for_strong"
    WITH_BELOW = "with_below"  # count of segments below that are included


@dataclass(frozen=True, slots=True)
class Firms:
    """Companies alike at one segment."""

    role: PresenceRole
    strength: Strength
    is_stale: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Coming:
    """Leads at one stage before registration."""

    stage: Stage
    count: int = 1


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What is known of a segment. `landed` are registered leads whose company is not recorded."""

    layout: SegmentLayout = SegmentLayout.FOCUS
    firms: tuple[Firms, ...] = ()
    coming: tuple[Coming, ...] = ()
    landed: int = 0
    supply_needs: int = 0
    other_needs: int = 0
    below: int = 0  # segments under this one whose facts are included

    @property
    def standing(self) -> int:
        return sum(each.count for each in self.firms) + self.landed

    @property
    def leads(self) -> int:
        return sum(each.count for each in self.coming) + self.landed

    @property
    def needs(self) -> int:
        return self.supply_needs + self.other_needs

    def with_below(self, lower: "SegmentFacts") -> "SegmentFacts":
        """These facts and those of a segment below. What is not looked for there is not needed here."""
        needed = lower.layout is SegmentLayout.FOCUS
        return SegmentFacts(
            self.layout,
            self.firms + lower.firms,
            self.coming + lower.coming,
            self.landed + lower.landed,
            self.supply_needs + (lower.supply_needs if needed else 0),
            self.other_needs + (lower.other_needs if needed else 0),
            self.below + 1,
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its numbers; `have` and `want` are hundredths (of points or of companies)."""

    code: ReasonCode
    count: int = 0
    have: int = 0
    want: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """The status of a segment with all its reasons. `points` and `expected` are hundredths; the
    points of registered leads are among them, though 强 is asked of recorded companies alone."""

    status: Status
    points: int
    expected: int
    reasons: tuple[Reason, ...]


def firm_points(firms: Firms, settings: CoverageSettings) -> int:
    """Hundredths of points that these companies count together."""
    if firms.role is PresenceRole.SUPPLIER:
        by_role = 100
    else:
        is_anchor = firms.role is PresenceRole.ANCHOR
        by_role = settings[Number.ANCHOR_PERCENT if is_anchor else Number.SUPPORT_PERCENT]
    each = firms.strength.points * PER_POINT * by_role // 100
    if firms.is_stale:
        each = each * settings[Number.STALE_PERCENT] // 100
    return each * firms.count


def expected_percent(coming: Iterable[Coming], chances: Mapping[Stage, int]) -> int:
    """How many of these leads are expected to register here, in hundredths of a company."""
    return sum(each.count * chances.get(each.stage, 0) for each in coming)


def judge(facts: SegmentFacts, settings: CoverageSettings, chances: Mapping[Stage, int]) -> Judged:
    """The status of a segment. `chances` are per cent of leads at a stage that register here.

    Neither another or a stronger company, another lead or a later stage nor a need less ever
    makes it worse; the weight of a segment plays no part.
    """
    recorded = sum(firm_points(each, settings) for each in facts.firms)
    landed = facts.landed * Strength.MEDIUM.points * PER_POINT
    asked = facts.supply_needs * settings[Number.NEED_POINTS] * PER_POINT
    points, sure = max(recorded + landed - asked, 0), max(recorded - asked, 0)
    expected = expected_percent(facts.coming, chances)
    has = settings[Number.HAS_POINTS] * PER_POINT
    strong = settings[Number.STRONG_POINTS] * PER_POINT
    if facts.layout is not SegmentLayout.FOCUS:
        status = Status.NOT_SOUGHT
    elif not facts.standing:
        lifts = expected >= settings[Number.TALKS_PERCENT]
        status = Status.WEAK if lifts else Status.GAP
    elif points < has:
        status = Status.WEAK
    else:
        status = Status.STRONG if sure >= strong else Status.HAS
    reasons = (
        *_standing(facts),
        *_asked(facts),
        *_coming(facts, expected, settings),
        *_measured(facts, points, sure, has, strong),
    )
    return Judged(status, points, expected, reasons)


def _standing(facts: SegmentFacts) -> Iterable[Reason]:
    if facts.layout is not SegmentLayout.FOCUS:
        is_external = facts.layout is SegmentLayout.EXTERNAL
        yield Reason(ReasonCode.LAYOUT_EXTERNAL if is_external else ReasonCode.LAYOUT_NONE)
    if not facts.standing:
        yield Reason(ReasonCode.NO_FIRM)
    counted = dict.fromkeys(_COUNTED, 0)
    for each in facts.firms:
        counted[_OF_STRENGTH[each.strength]] += each.count
        if each.role is PresenceRole.ANCHOR:
            counted[ReasonCode.ANCHORS] += each.count
        elif each.role is not PresenceRole.SUPPLIER:
            counted[ReasonCode.SUPPORT_FIRMS] += each.count
        if each.is_stale:
            counted[ReasonCode.STALE_CHECKS] += each.count
    for code, count in counted.items():
        if count:
            yield Reason(code, count)
    if facts.landed:
        yield Reason(ReasonCode.LANDED_LEADS, facts.landed)


_OF_STRENGTH = {
    Strength.STRONG: ReasonCode.STRONG_FIRMS,
    Strength.MEDIUM: ReasonCode.MEDIUM_FIRMS,
    Strength.WEAK: ReasonCode.WEAK_FIRMS,
}
_COUNTED = (
    ReasonCode.ANCHORS,
    *_OF_STRENGTH.values(),
    ReasonCode.SUPPORT_FIRMS,
    ReasonCode.STALE_CHECKS,
)
"""The reasons that count companies, in the order in which they are told."""


def _asked(facts: SegmentFacts) -> Iterable[Reason]:
    if facts.supply_needs:
        yield Reason(ReasonCode.SUPPLY_NEEDS, facts.supply_needs)


def _coming(facts: SegmentFacts, expected: int, settings: CoverageSettings) -> Iterable[Reason]:
    count = sum(each.count for each in facts.coming)
    if not count:
        return
    wanted = settings[Number.TALKS_PERCENT]
    if facts.standing or facts.layout is not SegmentLayout.FOCUS:
        code = ReasonCode.COMING_BESIDES
    else:
        code = ReasonCode.COMING_ENOUGH if expected >= wanted else ReasonCode.COMING_EARLY
    yield Reason(code, count, expected, wanted)


def _measured(
    facts: SegmentFacts, points: int, sure: int, has: int, strong: int
) -> Iterable[Reason]:
    if facts.layout is SegmentLayout.FOCUS and facts.standing:
        if points < has:
            yield Reason(ReasonCode.SHORT_OF_HAS, have=points, want=has)
        elif sure < strong:
            if facts.landed:
                yield Reason(ReasonCode.ENOUGH_FOR_HAS, have=points, want=has)
            yield Reason(ReasonCode.SHORT_OF_STRONG, have=sure, want=strong)
        else:
            yield Reason(ReasonCode.ENOUGH_FOR_STRONG, have=sure, want=strong)
    if facts.below:
        yield Reason(ReasonCode.WITH_BELOW, facts.below)


@dataclass(frozen=True, slots=True)
class Node:
    """A segment in its tree, with its own facts alone."""

    segment_id: int
    parent_id: int | None
    facts: SegmentFacts


def judge_tree(
    nodes: Sequence[Node], settings: CoverageSettings, chances: Mapping[Stage, int]
) -> dict[int, tuple[SegmentFacts, Judged]]:
    """By segment: its facts with those of all segments below it, and the judgement of these.

    A parent that is not among the nodes is none. A circle, which the tables refuse, would end.
    """
    parents = {node.segment_id: node.parent_id for node in nodes}
    together = {node.segment_id: node.facts for node in nodes}
    for node in nodes:
        above, seen = parents[node.segment_id], {node.segment_id}
        while above in parents and above not in seen:
            seen.add(above)
            together[above] = together[above].with_below(node.facts)
            above = parents[above]
    return {
        segment_id: (facts, judge(facts, settings, chances))
        for segment_id, facts in together.items()
    }


def urgency(status: Status, *, is_key: bool, weight: int = DEFAULT_WEIGHT) -> tuple[int, bool, int]:
    """What comes first among segments to be filled: the emptier, the key ones, the weightier."""
    place = RANK.index(status) if status in RANK else len(RANK)
    return place, not is_key, -weight
