"""The fan: how the count is expected to grow to the close, month end by month end."""

from collections.abc import Sequence

import numpy as np

from crm.outlook.rules.forecasting.arrangement import QuotaCount
from crm.outlook.rules.forecasting.arriving import arriving
from crm.outlook.rules.forecasting.counting import ProductTree, band80, mixed, product
from crm.outlook.rules.forecasting.facts import Arrivals, FanPoint
from crm.outlook.rules.forecasting.observation import Floats
from crm.outlook.rules.forecasting.sight import Picture, Sight

EXACT_UP_TO = 400
"""With more leads a month end takes the refined normal approximation; the close is always exact."""


def fan_of(
    count: QuotaCount,
    picture: Picture,
    arrivals: Arrivals | None,
    sight: Sight,
    certain: int,
    at_close: Floats,
) -> tuple[FanPoint, ...]:
    """Mean and 80 % band at each month end; the close is the distribution already known."""
    common = sight.coarse
    on, closes_on = sight.reaching.on, count.goal[1]
    nodes = len(common.points)
    slips = count.within.slips
    bundles = count.within.bundles
    points = []
    for n, day in enumerate(picture.days):
        on_time, late = picture.on_time[n], picture.late[n]
        alone = [bundles[each].rows for each in count.alone]
        parts = [counted(on_time[np.concatenate(alone)])] if alone else []
        for slip, mine in count.slipping.items():
            rows = np.concatenate([bundles[each].rows for each in mine])
            parts.append(mixed(counted(on_time[rows]), counted(late[rows]), slips[slip].p_slip))
        share = (day - on).days / max((closes_on - on).days, 1)
        coming = arriving(arrivals, common, share)
        parts += [] if coming is None else [coming]
        points.append((day, product(parts, nodes) @ common.weights))
    points.append((closes_on, at_close))
    return tuple(
        FanPoint(
            day,
            certain + float(whole @ np.arange(len(whole))),
            *(certain + each for each in band80(whole)),
        )
        for day, whole in points
    )


def counted(p: Floats) -> Floats:
    """The distribution of the count of leads with ``p[lead, node]``, exact or nearly so.

    Refined normal approximation with skewness (Volkova 1996; Hong 2013, Comput. Stat. Data Anal.
    59:41, eq. 2.5): beyond some hundred leads it is off by less than 0.001 where it matters for a
    band of whole numbers.
    """
    if len(p) <= EXACT_UP_TO:
        return ProductTree(p).distribution
    spread = p * (1 - p)
    mean, variance = p.sum(0), spread.sum(0)
    skew = (spread * (1 - 2 * p)).sum(0) / variance**1.5
    most = int((mean + 9 * np.sqrt(variance)).max()) + 2
    x = (np.arange(most)[:, None] + 0.5 - mean) / np.sqrt(variance)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    below = np.clip(normal(x, density) + skew * (1 - x * x) * density / 6, 0, 1)
    below = np.maximum.accumulate(below, axis=0)
    below[-1] = 1.0
    return np.diff(below, axis=0, prepend=0.0)


def normal(x: Floats, density: Floats) -> Floats:
    """The normal distribution function, to 1e-7 (Abramowitz & Stegun 26.2.17)."""
    t = 1 / (1 + 0.2316419 * np.abs(x))
    terms: Sequence[float] = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)
    tail = np.zeros_like(x)
    for term in reversed(terms):
        tail = (tail + term) * t
    tail *= density
    return np.where(x > 0, 1 - tail, tail)
