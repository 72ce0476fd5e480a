"""数字对账: which leads make one number another, and why. Two standings in, names and causes out.

A bridge always adds up: start + entered − left = end, because both lists are differences of the
sets behind the two numbers and nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from crm.closing.rules.seen import Number, Seen
from crm.leads.rules import FigureKind
from crm.quotas.rules import Outcome, Reason, ReasonCode
from crm.recognition.rules import Level

OFFICIAL = Level.DISTRICT
"""The level whose figure is meant where a number is called 已认定 and no level is named."""


class Cause(StrEnum):
    """Why a lead entered or left a number."""

    NEW = "new"  # its event is dated after the earlier day
    BACKDATED = "backdated"  # dated by the earlier day, recorded later
    DAY_MOVED = "day_moved"
    AMOUNT_CORRECTED = "amount_corrected"
    EVIDENCE = "evidence"
    RANKING = "ranking"
    TYPE_CHANGED = "type_changed"  # physical, headquarters
    LOST = "lost"
    REVIVED = "revived"
    EXCLUDED = "excluded"
    NOT_EXCLUDED = "not_excluded"
    PHASE = "phase"
    NOT_A_PHASE = "not_a_phase"
    WITHDRAWN = "withdrawn"  # the event itself is no longer there
    OUT_OF_PERIOD = "out_of_period"
    RULE_CHANGED = "rule_changed"
    RECOGNISED = "recognised"
    RETURNED = "returned"
    NOT_COUNTED = "not_counted"  # 认定不计数
    MOVED = "moved"  # 改计: to another quota of the exclusive group
    PROPOSED = "proposed"  # 已申报, not decided yet
    OTHER_LEVEL = "other_level"  # the other level has said nothing of it
    OTHER_QUOTA = "other_quota"  # the level recognised it in the other quota of the group
    DOES_NOT_COUNT = "does_not_count"  # recognised, but does not count by the quota's own event
    JUDGED_AGAIN = "judged_again"


@dataclass(frozen=True, slots=True)
class OtherQuota:
    """The quota of the exclusive group in which a lead is recognised instead."""

    quota_id: int
    label: str
    label_en: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """The cause with the values that tell it. ``known_at`` is the moment it became known.

    ``day`` is the event day that counts now (before it left: the one that counted), ``old_day``
    the other one where it moved; amounts are whole yuan.
    """

    cause: Cause
    day: date | None = None
    old_day: date | None = None
    field: FigureKind | None = None
    old_yuan: int | None = None
    new_yuan: int | None = None
    reasons: tuple[Reason, ...] = ()
    note: str = ""
    level: Level | None = None
    known_at: datetime | None = None
    other: OtherQuota | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """One lead that entered or left, and why."""

    lead_id: int
    why: Why


@dataclass(frozen=True, slots=True)
class Bridge:
    """From ``start`` leads to ``end``, by name."""

    start: int
    end: int
    entered: tuple[Crossing, ...]
    left: tuple[Crossing, ...]


def bridge(start: Collection[int], end: Collection[int], why: Callable[[int, bool], Why]) -> Bridge:
    """The bridge between two sets of leads; ``why(lead id, entered)`` is asked of each that differs."""
    before, after = frozenset(start), frozenset(end)
    return Bridge(
        len(before),
        len(after),
        tuple(Crossing(each, why(each, True)) for each in sorted(after - before)),
        tuple(Crossing(each, why(each, False)) for each in sorted(before - after)),
    )


def why_entered(chain: Sequence[Seen | None], number: Number, start_on: date, end_on: date) -> Why:
    """Why a lead stands in the number by ``end_on`` that did not by ``start_on``.

    ``chain`` is what was known of it from the start to the end, oldest first; None where nothing
    was stored. What decides is the last change that brought it in.
    """
    before, after = _flip(chain, lambda seen: _stands(seen, number, end_on), into=True)
    if after is None:
        return Why(Cause.JUDGED_AGAIN)
    day = after.entered(number)
    assert day is not None
    if before is after:
        return Why(Cause.NEW, day, known_at=after.since)
    old_day = before.entered(number) if before else None
    if old_day is not None:
        return Why(Cause.DAY_MOVED, day, old_day, known_at=after.since)
    if day > start_on:
        return Why(Cause.NEW, day, known_at=after.since)
    if before is None or before.outcome is not Outcome.NO:
        return Why(Cause.BACKDATED, day, known_at=after.since)
    return _turned(before, after, day)


def why_left(chain: Sequence[Seen | None], number: Number, end_on: date) -> Why:
    """Why a lead that stood in the number does not by ``end_on``; ``chain`` as in why_entered."""
    before, after = _flip(chain, lambda seen: _stands(seen, number, end_on), into=False)
    if before is None:
        return Why(Cause.JUDGED_AGAIN)
    day = before.entered(number)
    if after is None:
        return Why(Cause.OUT_OF_PERIOD, day)
    moved = after.entered(number)
    if moved is not None:
        return Why(Cause.DAY_MOVED, moved, day, known_at=after.since)
    if after.outcome is not Outcome.NO:
        return Why(Cause.WITHDRAWN, day, known_at=after.since)
    return _turned(before, after, day)


def _stands(seen: Seen | None, number: Number, on: date) -> bool:
    return seen is not None and seen.stands_in(number, on)


def _flip(
    chain: Sequence[Seen | None], is_in: Callable[[Seen | None], bool], *, into: bool
) -> tuple[Seen | None, Seen | None]:
    """What was known before and after the last change that brought the lead in (or out).

    Twice the same where no change did: the calendar alone brought it in.
    """
    for place in range(len(chain) - 1, 0, -1):
        before, after = chain[place - 1], chain[place]
        if is_in(after) is into and is_in(before) is not into:
            return before, after
    return (chain[0], chain[0]) if chain else (None, None)


def _turned(before: Seen, after: Seen, day: date | None) -> Why:
    """Which finding turned the verdict from one side to the other."""

    def told(cause: Cause, *reasons: Reason, **values: Any) -> Why:
        return Why(cause, day, reasons=reasons, known_at=after.since, **values)

    for codes, came, went in _BARS:
        now, then = _having(after, codes), _having(before, codes)
        if now and not then:
            return told(came, now[0])
        if then and not now:
            return told(went)
    old, new = _findings(before), _findings(after)
    for place, reason in new.items():
        former = old.get(place)
        if former is None or former.passed == reason.passed:
            continue
        if (
            former.threshold != reason.threshold
            or former.min_shareholding != reason.min_shareholding
        ):
            return told(Cause.RULE_CHANGED, reason)
        if reason.field is None:
            if reason.code in _RANKING:
                return told(Cause.RANKING, reason)
            return told(Cause.TYPE_CHANGED, reason)
        if former.value is not None and reason.value is not None and former.value != reason.value:
            return told(
                Cause.AMOUNT_CORRECTED,
                reason,
                field=reason.field,
                old_yuan=former.value,
                new_yuan=reason.value,
            )
        return told(Cause.EVIDENCE, reason)
    if old.keys() != new.keys():
        return told(Cause.RULE_CHANGED, *decisive(after.outcome, after.branch, after.reasons))
    return told(Cause.JUDGED_AGAIN, *decisive(after.outcome, after.branch, after.reasons))


_BARS = (
    (frozenset({ReasonCode.LOST, ReasonCode.TRANSFERRED}), Cause.LOST, Cause.REVIVED),
    (frozenset({ReasonCode.EXCLUDED}), Cause.EXCLUDED, Cause.NOT_EXCLUDED),
    (frozenset({ReasonCode.PHASE_OF_CONTRACT}), Cause.PHASE, Cause.NOT_A_PHASE),
)
_RANKING = frozenset(
    {
        ReasonCode.RANKED,
        ReasonCode.RANKING_NONE,
        ReasonCode.RANKING_UNCONFIRMED,
        ReasonCode.RANKING_NOT_YET_PUBLISHED,
        ReasonCode.RANKING_OUTDATED,
        ReasonCode.SHAREHOLDING_UNKNOWN,
        ReasonCode.SHAREHOLDING_LOW,
        ReasonCode.SIGNING_DAY_MISSING,
        ReasonCode.FIRST_ENTRY,
        ReasonCode.NOT_FIRST_ENTRY,
        ReasonCode.ENTRY_UNKNOWN,
    }
)
_HEADQUARTERS = frozenset(
    {
        ReasonCode.HEADQUARTERS,
        ReasonCode.NOT_HEADQUARTERS,
        ReasonCode.HEADQUARTERS_UNCONFIRMED,
        ReasonCode.HEADQUARTERS_TYPE_OTHER,
        ReasonCode.HEADQUARTERS_TYPE_UNSET,
    }
)
_PHYSICAL = frozenset({ReasonCode.PHYSICAL, ReasonCode.NOT_PHYSICAL, ReasonCode.PHYSICAL_UNSET})


def _having(seen: Seen, codes: Collection[ReasonCode]) -> list[Reason]:
    return [reason for reason in seen.reasons if reason.code in codes]


def _findings(seen: Seen) -> dict[tuple[int, str], Reason]:
    """What each clause found, by its place in the criteria; of several the one that says most."""
    found: dict[tuple[int, str], Reason] = {}
    for reason in _by_weight(seen.reasons):
        if reason.branch is not None:
            found.setdefault((reason.branch, _asked(reason)), reason)
    return found


def _by_weight(reasons: Iterable[Reason]) -> list[Reason]:
    return sorted(reasons, key=lambda reason: {True: 0, None: 1, False: 2}[reason.passed])


def _asked(reason: Reason) -> str:
    """What the clause behind a reason asks: an amount, a list, a type, a fact."""
    if reason.field is not None:
        return reason.field.value
    if reason.fact is not None:
        return reason.fact.value
    for name, codes in (
        ("ranking", _RANKING),
        ("headquarters", _HEADQUARTERS),
        ("physical", _PHYSICAL),
    ):
        if reason.code in codes:
            return name
    return reason.code.value


def _asks(reason: Reason) -> tuple[object, ...]:
    """What the clause asks for, apart from what was found."""
    return (
        reason.threshold,
        reason.min_shareholding,
        reason.accepted,
        reason.accepted_sources,
        reason.is_negated,
    )


def decisive(outcome: Outcome, branch: int | None, reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons that carry a verdict: of what decided, or what stands in the way."""
    told = [reason for reason in reasons if not reason.is_outdone]
    if outcome is Outcome.NO:
        return tuple(reason for reason in told if reason.passed is False)
    return tuple(
        reason for reason in told if reason.branch == branch and reason.passed is not False
    )


class Compare(StrEnum):
    """What a bridge holds against each other."""

    DAYS = "days"
    CLOSED = "closed"
    LEVELS = "levels"
    VERSIONS = "versions"
