"""How the months differ: the factor of each on advancing."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from crm.leads.rules.stages import IN_TALKS
from crm.outlook.rules.forecasting.facts import Ending, Spell
from crm.outlook.rules.forecasting.observation import Floats

ENOUGH_DAYS = 730
POOL = 20.0
"""A month leans on the flat year as strongly as this many advances would pull it."""


def month_factors(spells: Sequence[Spell], on: date) -> tuple[float, ...] | None:
    """Twelve factors (January first, mean 1), or None with less than two years of history.

    Advances of leads in talks per day at risk in the month, against the same over the year, shrunk
    to 1 by pseudo-counts: (observed + 20) / (expected + 20).
    """
    today = on.toordinal()
    used = [
        spell
        for spell in spells
        if not spell.is_backfilled and spell.stage in IN_TALKS and spell.known_on <= on
    ]
    begun = min((max(each.entered_on, each.known_on) for each in used), default=on).toordinal()
    if today - begun < ENOUGH_DAYS:
        return None
    at_risk = np.zeros(today - begun + 2)
    advanced = np.zeros(12)
    for spell in used:
        first = max(spell.entered_on, spell.known_on).toordinal()
        ended = spell.ended_on is not None and spell.ended_on <= on
        last = spell.ended_on.toordinal() if ended and spell.ended_on else today
        if last < first:
            continue
        at_risk[first - begun] += 1
        at_risk[last - begun] -= 1
        if ended and spell.ended_on and spell.ending is Ending.ADVANCE:
            advanced[spell.ended_on.month - 1] += 1
    months = np.array([(on - timedelta(days=today - begun - n)).month for n in range(len(at_risk))])
    exposure = np.bincount(months - 1, weights=np.cumsum(at_risk), minlength=12)
    if not exposure.sum() > 0:
        return None
    expected = advanced.sum() * exposure / exposure.sum()
    factors = (advanced + POOL) / (expected + POOL)
    return tuple(float(factor) for factor in factors / factors.mean())


def week_shifts(on: date, weeks: int, factors: tuple[float, ...] | None) -> Floats:
    """The logit shift of each coming week: the log of the factor of the month it begins in."""
    if factors is None:
        return np.zeros(weeks)
    if len(factors) != 12 or not all(0 < factor < np.inf for factor in factors):
        raise ValueError("month factors are twelve positive numbers")
    months = [(on + timedelta(days=7 * week)).month for week in range(weeks)]
    return np.log([factors[month - 1] for month in months])
