"""Who may propose and decide, and everything that stands in the way (DOMAIN §10.4).

Staff propose their own projects and unit heads those of their unit; a unit head approves the
unit's (申报); the bureau leader certifies for the district and records what the city decided.
Nobody decides a project they own, co-own or lead as 包挂领导.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.accounts.rules import Role
from crm.quotas.rules import Outcome
from crm.recognition.rules.levels import BELOW, Decided, Level


class WhyNot(StrEnum):
    NOT_YOURS = "not_yours"
    OWN_LEAD = "own_lead"
    PERIOD_CLOSED = "period_closed"
    OTHER_PERIOD = "other_period"
    EXCLUDED = "excluded"
    NOT_COUNTING = "not_counting"
    PENDING = "pending"
    EVENT_MISSING = "event_missing"
    PAPERS_MISSING = "papers_missing"
    ALREADY_PROPOSED = "already_proposed"
    ALREADY_APPROVED = "already_approved"
    NOT_PROPOSED = "not_proposed"
    NOT_AT_LOWER = "not_at_lower"
    NO_BATCH = "no_batch"
    BATCH_CLOSED = "batch_closed"
    BATCH_OTHER_LEVEL = "batch_other_level"
    BATCH_OTHER_YEAR = "batch_other_year"
    NO_DOCUMENT = "no_document"
    DAY_AHEAD = "day_ahead"
    EARLIER_THAN_LAST = "earlier_than_last"
    CREDITED_ELSEWHERE = "credited_elsewhere"
    LOOKS_TWICE = "looks_twice"
    REASON_MISSING = "reason_missing"
    NOT_APPROVED_HERE = "not_approved_here"
    NOT_OF_GROUP = "not_of_group"
    NOTHING_TO_APPEAL = "nothing_to_appeal"
    ALREADY_APPEALED = "already_appealed"


@dataclass(frozen=True, slots=True)
class Hand:
    """The person who acts, as seen from the project: own = owner or co-owner.

    `stands_in`: nobody of the unit may decide on the project, so the bureau leader does.
    """

    role: Role
    is_own: bool = False
    is_sponsor: bool = False  # 包挂领导
    is_of_unit: bool = False
    stands_in: bool = False

    @property
    def decides(self) -> frozenset[Level]:
        """The levels that wait for this person; a bureau leader may step in at the unit's anyway."""
        if self.is_own or self.is_sponsor:
            return frozenset()
        if self.role is Role.DIRECTOR:
            found = {Level.DISTRICT, Level.CITY}
            return frozenset(found | {Level.UNIT} if self.stands_in else found)
        is_head = self.role is Role.UNIT_HEAD and self.is_of_unit
        return frozenset({Level.UNIT} if is_head else ())


@dataclass(frozen=True, slots=True)
class State:
    """What a level said last; decisions are numbered in the order in which they were recorded."""

    decided: Decided
    on: date
    number: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """One project and one quota, as a decision reads them.

    `outcome` is None where the project is not judged in the quota's period: its 统计日期 lies in
    another. `event_on` is the day of the counting event, None before it. `credited_elsewhere`
    names the quota of the same exclusive group that has the project at the level asked about, and
    `looks_like` the ids of the projects it may be the same as.
    """

    outcome: Outcome | None
    event_on: date | None = None
    lacks_papers: bool = False
    is_excluded: bool = False
    is_period_closed: bool = False
    unit: State | None = None
    district: State | None = None
    city: State | None = None
    credited_elsewhere: str | None = None
    looks_like: tuple[int, ...] = ()

    def at(self, level: Level) -> State | None:
        return {Level.UNIT: self.unit, Level.DISTRICT: self.district, Level.CITY: self.city}[level]


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """The batch a decision belongs to. `has_paper`: a document number, or minutes with opinions."""

    level: Level
    is_of_year: bool
    decided_on: date
    has_paper: bool
    is_closed: bool = False


def why_not_propose(claim: Claim, hand: Hand, today: date) -> tuple[WhyNot, ...]:
    """All that stands in the way of proposing the project for the quota; empty if nothing does."""
    return tuple(_why_not_propose(claim, hand, today))


def _why_not_propose(claim: Claim, hand: Hand, today: date) -> Iterator[WhyNot]:
    if not _may_propose(hand):
        yield WhyNot.NOT_YOURS
    yield from _why_not_countable(claim, today)
    if claim.unit and claim.unit.decided is Decided.PROPOSED:
        yield WhyNot.ALREADY_PROPOSED
    if claim.unit and claim.unit.decided is Decided.APPROVED and not _was_turned_down(claim):
        yield WhyNot.ALREADY_APPROVED


def _may_propose(hand: Hand) -> bool:
    match hand.role:
        case Role.STAFF:
            return hand.is_own
        case Role.UNIT_HEAD:
            return hand.is_own or hand.is_of_unit
        case _:
            return hand.role is Role.DIRECTOR


def _was_turned_down(claim: Claim) -> bool:
    """Whether the district or the city sent it back, so that the unit may propose it anew."""
    return any(
        state is not None and state.decided in {Decided.RETURNED, Decided.NOT_COUNTED}
        for state in (claim.district, claim.city)
    )


def why_not_decide(
    claim: Claim,
    level: Level,
    decided: Decided,
    hand: Hand,
    batch: BatchFacts | None,
    today: date,
    *,
    has_reason: bool = False,
) -> tuple[WhyNot, ...]:
    """All that stands in the way of this decision; empty if nothing does.

    An approval asks for everything; to send back or not to count asks for a reason, a level below
    (or an earlier decision here to correct), and the right person, batch and day.
    """
    return tuple(_why_not_decide(claim, level, decided, hand, batch, today, has_reason=has_reason))


def _why_not_decide(
    claim: Claim,
    level: Level,
    decided: Decided,
    hand: Hand,
    batch: BatchFacts | None,
    today: date,
    *,
    has_reason: bool,
) -> Iterator[WhyNot]:
    yield from _why_not_this_hand(level, hand)
    if decided is Decided.APPROVED:
        yield from _why_not_countable(claim, today)
        if claim.credited_elsewhere and level is not Level.UNIT:
            yield WhyNot.CREDITED_ELSEWHERE
        if claim.looks_like and level is Level.DISTRICT:
            yield WhyNot.LOOKS_TWICE
    else:
        if claim.is_period_closed:
            yield WhyNot.PERIOD_CLOSED
        if not has_reason:
            yield WhyNot.REASON_MISSING
    yield from _why_not_in_order(claim, level, decided)
    if level is not Level.UNIT:
        yield from _why_not_in_batch(batch, level, today)
    last = claim.at(level)
    if last and last.on > (batch.decided_on if batch else today):
        yield WhyNot.EARLIER_THAN_LAST


def _why_not_this_hand(level: Level, hand: Hand) -> Iterator[WhyNot]:
    is_head_of_unit = hand.role is Role.UNIT_HEAD and hand.is_of_unit and level is Level.UNIT
    if not (is_head_of_unit or hand.role is Role.DIRECTOR):
        yield WhyNot.NOT_YOURS
    if hand.is_own or hand.is_sponsor:
        yield WhyNot.OWN_LEAD


def _why_not_countable(claim: Claim, today: date) -> Iterator[WhyNot]:
    if claim.is_period_closed:
        yield WhyNot.PERIOD_CLOSED
    if claim.outcome is None:
        yield WhyNot.OTHER_PERIOD
        return
    if claim.is_excluded:
        yield WhyNot.EXCLUDED
    elif claim.outcome is Outcome.NO:
        yield WhyNot.NOT_COUNTING
    if claim.outcome is Outcome.PENDING:
        yield WhyNot.PENDING
    if claim.outcome is Outcome.NO:
        return  # a project that does not count enters no number: its event says nothing more
    if claim.event_on is None or claim.event_on > today:
        yield WhyNot.EVENT_MISSING
    elif claim.lacks_papers and claim.outcome is not Outcome.PENDING:
        yield WhyNot.PAPERS_MISSING


def _why_not_in_order(claim: Claim, level: Level, decided: Decided) -> Iterator[WhyNot]:
    here = claim.at(level)
    below = BELOW[level]
    if below is None:
        if here is None:
            yield WhyNot.NOT_PROPOSED
        return
    state = claim.at(below)
    is_below = state is not None and state.decided is Decided.APPROVED
    is_correction = here is not None and decided is not Decided.APPROVED
    if not is_below and not is_correction:
        yield WhyNot.NOT_AT_LOWER


def _why_not_in_batch(batch: BatchFacts | None, level: Level, today: date) -> Iterator[WhyNot]:
    if batch is None:
        yield WhyNot.NO_BATCH
        return
    if batch.level is not level:
        yield WhyNot.BATCH_OTHER_LEVEL
    if not batch.is_of_year:
        yield WhyNot.BATCH_OTHER_YEAR
    if batch.is_closed:
        yield WhyNot.BATCH_CLOSED
    if not batch.has_paper:
        yield WhyNot.NO_DOCUMENT
    if batch.decided_on > today:
        yield WhyNot.DAY_AHEAD


def why_not_move(
    source: Claim,
    target: Claim,
    level: Level,
    hand: Hand,
    batch: BatchFacts | None,
    today: date,
    *,
    is_of_group: bool,
    has_reason: bool = False,
) -> tuple[WhyNot, ...]:
    """All that stands in the way of 改计: from a quota whose level approved the project to another of
    the same exclusive group; empty if nothing does.

    The target must be ready to be approved, except that its unit need not have proposed it anew:
    a level below that approved the project for either quota is enough.
    """
    return tuple(
        dict.fromkeys(
            _why_not_move(
                source, target, level, hand, batch, today,
                is_of_group=is_of_group, has_reason=has_reason,
            )
        )
    )  # fmt: skip


def _why_not_move(
    source: Claim,
    target: Claim,
    level: Level,
    hand: Hand,
    batch: BatchFacts | None,
    today: date,
    *,
    is_of_group: bool,
    has_reason: bool,
) -> Iterator[WhyNot]:
    yield from _why_not_this_hand(level, hand)
    here, below = source.at(level), BELOW[level]
    if below is None or here is None or here.decided is not Decided.APPROVED:
        yield WhyNot.NOT_APPROVED_HERE
    if not is_of_group:
        yield WhyNot.NOT_OF_GROUP
    if source.is_period_closed:
        yield WhyNot.PERIOD_CLOSED
    yield from _why_not_countable(target, today)
    if below is not None and not any(_is_approved(each.at(below)) for each in (source, target)):
        yield WhyNot.NOT_AT_LOWER
    if not has_reason:
        yield WhyNot.REASON_MISSING
    yield from _why_not_in_batch(batch, level, today)
    day = batch.decided_on if batch else today
    if any(state and state.on > day for state in (here, target.at(level))):
        yield WhyNot.EARLIER_THAN_LAST


def _is_approved(state: State | None) -> bool:
    return state is not None and state.decided is Decided.APPROVED


def why_not_appeal(
    decided: Decided, hand: Hand, *, is_current: bool, is_appealed: bool, is_period_closed: bool
) -> tuple[WhyNot, ...]:
    """The unit appeals against a decision in force that sent a project back or did not count it."""
    found = []
    if not (
        (hand.role is Role.STAFF and hand.is_own)
        or (hand.role is Role.UNIT_HEAD and (hand.is_own or hand.is_of_unit))
    ):
        found.append(WhyNot.NOT_YOURS)
    if decided not in {Decided.RETURNED, Decided.NOT_COUNTED} or not is_current:
        found.append(WhyNot.NOTHING_TO_APPEAL)
    if is_appealed:
        found.append(WhyNot.ALREADY_APPEALED)
    if is_period_closed:
        found.append(WhyNot.PERIOD_CLOSED)
    return tuple(found)
