"""How the days of a year weigh: the shape along which 应达 grows between two nodes.

Our own default, no source prescribes one: in the two weeks around 春节 nobody signs, and December
carries a fifth more than another month, because what was negotiated all year is closed then. The
shape moves 应达 by at most about four per cent of the target against a straight line.
"""

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate


class Curve(StrEnum):
    """STRAIGHT: every day weighs the same. SEASONAL: flat around 春节, a busier December."""

    STRAIGHT = "straight"
    SEASONAL = "seasonal"


ORDINARY, DECEMBER = 5, 6  # a December day weighs 6/5 of another

# The first day of the lunar year, by year from 2000 (month and day), as 紫金山天文台 computes it.
_FIRST_DAYS = (
    "0205 0124 0212 0201 0122 0209 0129 0218 0207 0126 0214 0203 0123 0210 0131 0219 0208 0128 "
    "0216 0205 0125 0212 0201 0122 0210 0129 0217 0206 0126 0213 0203 0123 0211 0131 0219 0208 "
    "0128 0215 0204 0124 0212 0201 0122 0210 0130 0217 0206 0126 0214 0202 0123 0211 0201 0219 "
    "0208 0128 0215 0204 0124 0212 0202 0121 0209 0129 0217 0205 0126 0214 0203 0123 0211 0131 "
    "0219 0207 0127 0215 0205 0124 0212 0202 0122 0209 0129 0217 0206 0126 0214 0203 0124 0210 "
    "0130 0218 0207 0127 0215 0205 0125 0212 0201 0121"
)
FIRST_YEAR = 2000


def spring_festival(year: int) -> date | None:
    """正月初一 of the year; None outside 2000 to 2099, where the year then has no flat weeks."""
    place = 5 * (year - FIRST_YEAR)
    if not 0 <= place < len(_FIRST_DAYS):
        return None
    return date(year, int(_FIRST_DAYS[place : place + 2]), int(_FIRST_DAYS[place + 2 : place + 4]))


def festival_weeks(year: int) -> tuple[date, date] | None:
    """The two flat weeks: from the Monday of New Year's Eve (除夕) to the Sunday after next."""
    first = spring_festival(year)
    if first is None:
        return None
    eve = first - timedelta(days=1)
    monday = eve - timedelta(days=eve.weekday())
    return monday, monday + timedelta(days=13)


def weight_between(after: date, until: date, curve: Curve) -> int:
    """What the days after `after` up to and including `until` weigh together, 0 for none."""
    if until <= after:
        return 0
    if curve is Curve.STRAIGHT:
        return (until - after).days
    whole = sum(_run(year)[-1] for year in range(after.year, until.year))
    return whole + _weight_of_year_by(until) - _weight_of_year_by(after)


def _weight_of_year_by(day: date) -> int:
    return _run(day.year)[day.timetuple().tm_yday - 1]


@lru_cache(maxsize=128)
def _run(year: int) -> tuple[int, ...]:
    """The weight of the year by the end of each of its days."""
    flat = festival_weeks(year)
    days = (date(year, 12, 31) - date(year, 1, 1)).days + 1
    return tuple(
        accumulate(_weight(date(year, 1, 1) + timedelta(days=n), flat) for n in range(days))
    )


def _weight(day: date, flat: tuple[date, date] | None) -> int:
    if flat and flat[0] <= day <= flat[1]:
        return 0
    return DECEMBER if day.month == 12 else ORDINARY
