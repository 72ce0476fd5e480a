"""How likely a lead at a stage registers here: per cent by stage, from the hazards of a forecast."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting.absorption import reach, states_before
from crm.outlook.rules.forecasting.hazards import PRIOR
from crm.outlook.rules.forecasting.observation import BINS, STAGES

WITHIN_DAYS = 364
"""The coming year, in whole weeks: what may come later lifts no gap today."""

Rates = tuple[tuple[float, ...], ...]


def chances_of(weekly_by_stage: Mapping[str, Sequence[float]] | None) -> dict[Stage, int]:
    """Per cent of leads at each stage before registration that register here within a year.

    `weekly_by_stage` are the weekly hazards (advance, lost, parked, returned) an archived
    forecast has learned; without one the documented prior of the forecast (docs/forecast.md).
    A later stage is never given less than an earlier one: hazards of few leads may say so.
    """
    known = weekly_by_stage or {}
    rates = tuple(tuple(known.get(stage.value, PRIOR[stage])) for stage in STAGES)
    return dict(_chances(rates))


@lru_cache(maxsize=8)
def _chances(rates: Rates) -> tuple[tuple[Stage, int], ...]:
    weekly = np.repeat(np.array(rates)[:, None, None, :], BINS, axis=1)
    states = states_before(Stage.REGISTERED)
    flat = np.zeros((1, len(states)))
    weeks = np.zeros(WITHIN_DAYS // 7)
    found = reach(weekly, Stage.REGISTERED, [WITHIN_DAYS], flat, weeks)
    percent, least = [], 0
    for place, position in enumerate(states[:-1]):
        least = max(least, round(100 * float(found[0, 0, 0, place, 0])))
        percent.append((STAGES[position], least))
    return tuple(percent)
