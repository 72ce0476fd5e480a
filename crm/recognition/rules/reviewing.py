"""Whether an approved project still is what was approved (待复核).

Nothing is written when a fact changes: what an approval saw is kept with it, and compared with
what has been judged since. No door can forget to send a project back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from crm.leads.rules import FigureKind
from crm.quotas.rules import Outcome

Side = tuple[int, str, int]
"""A threshold: quota id, figure, whole yuan."""


class Change(StrEnum):
    NO_LONGER_COUNTS = "no_longer_counts"  # the verdict left 可计入
    OTHER_PERIOD = "other_period"  # it is not judged in this quota's period any more
    FELL_BELOW = "fell_below"
    ROSE_ABOVE = "rose_above"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was judged of a project: the verdict on the quota, and on which side of every threshold
    of the year's quotas its amounts stood (True: reached). `amounts` in whole yuan, by threshold."""

    outcome: Outcome | None
    sides: Mapping[Side, bool]
    amounts: Mapping[Side, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One thing that changed since the approval, from what to what, and what it is now.

    Amounts (whole yuan) with `field` and `threshold` where an amount changed, outcomes else; None
    where it is not known. `by` and `at` tell who changed it and when, where the trail says so.
    """

    change: Change
    since: datetime | None = None
    field: FigureKind | None = None
    threshold: int | None = None
    old: int | Outcome | None = None
    new: int | Outcome | None = None
    now: int | Outcome | None = None
    by: str | None = None
    at: datetime | None = None


def sides_of(quota_id: int, reasons: Iterable[Mapping[str, Any]]) -> dict[Side, bool]:
    """On which side of the quota's thresholds the amounts in a verdict's reasons stand.

    An amount whose evidence is to come stands by its value.
    """
    return sides_at(amounts_of(quota_id, reasons))


def sides_at(amounts: Mapping[Side, int]) -> dict[Side, bool]:
    """The same of amounts (whole yuan) by threshold."""
    return {side: value >= side[2] for side, value in amounts.items()}


def amounts_of(quota_id: int, reasons: Iterable[Mapping[str, Any]]) -> dict[Side, int]:
    """The amounts held against the quota's thresholds in a verdict's reasons, in whole yuan."""
    found: dict[Side, int] = {}
    for data in reasons:
        name, threshold, value = data.get("field"), data.get("threshold"), data.get("value")
        if name is None or threshold is None or value is None:
            continue
        side = (quota_id, name, threshold)
        found[side] = max(found.get(side, value), value)
    return found


def crossings(
    approved: Snapshot, since: Iterable[tuple[datetime | None, Snapshot]]
) -> tuple[Crossing, ...]:
    """What differs from the approval in anything judged after it, each thing once, in order.

    `since` are the states judged after the approval with the moment each began, oldest first.
    A threshold crossed and crossed back counts: somebody should look why.
    """
    found: dict[tuple[Change, str, int], Crossing] = {}
    amounts, outcome = dict(approved.amounts), approved.outcome

    def note(crossing: Crossing) -> None:
        key = (crossing.change, crossing.field or "", crossing.threshold or 0)
        found.setdefault(key, crossing)

    for moment, state in since:
        was, outcome = outcome, state.outcome
        if state.outcome is None:
            note(Crossing(Change.OTHER_PERIOD, moment, old=was))
        elif approved.outcome is Outcome.COUNTS and state.outcome is not Outcome.COUNTS:
            note(Crossing(Change.NO_LONGER_COUNTS, moment, old=was, new=state.outcome))
        for side in sorted(approved.sides.keys() & state.sides.keys()):
            if approved.sides[side] != state.sides[side]:
                change = Change.ROSE_ABOVE if state.sides[side] else Change.FELL_BELOW
                old, new = amounts.get(side), state.amounts.get(side)
                note(Crossing(change, moment, FigureKind(side[1]), side[2], old, new))
        amounts |= state.amounts
    return tuple(
        replace(each, now=outcome if each.field is None else _latest(amounts, each))
        for each in found.values()
    )


def _latest(amounts: Mapping[Side, int], crossing: Crossing) -> int | None:
    """The amount now, whichever quota asks for it."""
    asked = {
        amount
        for (_, name, threshold), amount in amounts.items()
        if (name, threshold) == (crossing.field, crossing.threshold)
    }
    return max(asked, default=None)
