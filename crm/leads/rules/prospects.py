"""How often an expected signing day was put off, and how long a stated confidence holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

FRESH_DAYS = 30
"""Days for which a stated confidence (把握) is taken as the owner's present opinion."""


@dataclass(frozen=True, slots=True)
class Slips:
    """推迟次数 and the days put off in all; a day drawn nearer takes nothing back."""

    count: int = 0
    days: int = 0


def slips(days: Iterable[date | None]) -> Slips:
    """Over the expected days of a lead in the order in which they were stated.

    A day taken out (None) is no delay, and a later one after it is held against the last one
    stated, so that emptying the field hides nothing.
    """
    count = total = 0
    last: date | None = None
    for day in days:
        if day is None:
            continue
        if last is not None and day > last:
            count += 1
            total += (day - last).days
        last = day
    return Slips(count, total)


def is_stale(stated_on: date | None, on: date) -> bool:
    """Whether a confidence stated that day is too old to be taken as it stands; so is an undated one."""
    return stated_on is None or (on - stated_on).days > FRESH_DAYS
