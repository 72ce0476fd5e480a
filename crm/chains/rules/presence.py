"""What may be told of a local firm at a segment and of an anchor firm's lists, and how fresh it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.chains.rules.kinds import PresenceRole, Strength

STALE_AFTER_DAYS = 365
"""A firm nobody has checked for so long is marked 满一年未核 (issue 5, point 2)."""
FIRST_YEAR = 1990


class FirmState(StrEnum):
    """Which local firms a list shows."""

    STANDING = "standing"  # 在链
    STALE = "stale"  # 满一年未核
    ENDED = "ended"  # 已退出


class PresenceFault(StrEnum):
    """Why a firm cannot be recorded at a segment in these words."""

    NO_SUCH_SEGMENT = "no_such_segment"
    RETIRED_SEGMENT = "retired_segment"
    STANDS_THERE = "stands_there"
    OUTPUT_WITHOUT_YEAR = "output_without_year"
    YEAR_WITHOUT_OUTPUT = "year_without_output"
    YEAR_OUT_OF_RANGE = "year_out_of_range"
    SINCE_IN_FUTURE = "since_in_future"
    ENDED_BEFORE_SINCE = "ended_before_since"
    ENDED_IN_FUTURE = "ended_in_future"
    HAS_ENDED = "has_ended"
    LAST_ANCHOR = "last_anchor"


class NeedFault(StrEnum):
    """Why an entry of an anchor firm's lists cannot be kept in these words."""

    NO_SUCH_SEGMENT = "no_such_segment"
    RETIRED_SEGMENT = "retired_segment"
    NOT_ANCHOR = "not_anchor"
    NOTED_IN_FUTURE = "noted_in_future"
    MET_BEFORE_NOTED = "met_before_noted"
    MET_IN_FUTURE = "met_in_future"
    OWN_PARTNER = "own_partner"


@dataclass(frozen=True, slots=True)
class PresenceEntry:
    """A local firm at a segment as somebody tells it.

    `output_yuan` is the output of the calendar year `output_year` in whole yuan (年产值).
    """

    role: PresenceRole
    strength: Strength = Strength.MEDIUM
    output_yuan: int | None = None
    output_year: int | None = None
    evidence: str | None = None
    zone_id: int | None = None
    since_on: date | None = None


def why_not_stand(told: PresenceEntry, today: date) -> tuple[PresenceFault, ...]:
    """Everything that is wrong with it by itself; a segment and other firms are judged elsewhere."""
    found = []
    if told.output_yuan is not None and told.output_year is None:
        found.append(PresenceFault.OUTPUT_WITHOUT_YEAR)
    if told.output_year is not None:
        if told.output_yuan is None:
            found.append(PresenceFault.YEAR_WITHOUT_OUTPUT)
        if not FIRST_YEAR <= told.output_year <= today.year:
            found.append(PresenceFault.YEAR_OUT_OF_RANGE)
    if told.since_on is not None and told.since_on > today:
        found.append(PresenceFault.SINCE_IN_FUTURE)
    return tuple(found)


def why_not_end(since_on: date | None, ended_on: date, today: date) -> tuple[PresenceFault, ...]:
    """Why a firm cannot have left on that day. It may leave on the day it came."""
    found = []
    if since_on is not None and ended_on < since_on:
        found.append(PresenceFault.ENDED_BEFORE_SINCE)
    if ended_on > today:
        found.append(PresenceFault.ENDED_IN_FUTURE)
    return tuple(found)


def why_not_noted(
    noted_on: date, met_on: date | None, today: date, *, is_own_partner: bool = False
) -> tuple[NeedFault, ...]:
    """Everything that is wrong with an entry of the lists by itself."""
    found = []
    if noted_on > today:
        found.append(NeedFault.NOTED_IN_FUTURE)
    if met_on is not None and met_on < noted_on:
        found.append(NeedFault.MET_BEFORE_NOTED)
    if met_on is not None and met_on > today:
        found.append(NeedFault.MET_IN_FUTURE)
    if is_own_partner:
        found.append(NeedFault.OWN_PARTNER)
    return tuple(found)


def stale_before(today: date, stale_after_days: int = STALE_AFTER_DAYS) -> date:
    """Whatever was last checked before this day is stale."""
    return today - timedelta(days=stale_after_days)


def is_stale(checked_on: date, today: date, stale_after_days: int = STALE_AFTER_DAYS) -> bool:
    """Whether the last check is older than that many days (满一年未核)."""
    return checked_on < stale_before(today, stale_after_days)


def output_by_year(outputs: Iterable[tuple[int | None, int | None]]) -> dict[int, int]:
    """Sums of (yuan, year), the newest year first. Two years are never added up.

    What nobody knows adds nothing, and a sum without its year is none.
    """
    sums: dict[int, int] = {}
    for yuan, year in outputs:
        if yuan is not None and year is not None:
            sums[year] = sums.get(year, 0) + yuan
    return dict(sorted(sums.items(), reverse=True))
