"""From a stage to the counting event: an absorbing chain over stages and weeks spent in them.

Weekly steps backward from the end of the period (Kemeny & Snell, Finite Markov Chains, ch. 3; the
state holds the weeks in the stage, so the chain is semi-Markov up to half a year). Leads may fall
back, be parked and come back. A lead that advances stays half a week on average in the week it
does so, therefore what it enters is valued half-way between two weeks.
"""

from collections.abc import Sequence

import numpy as np

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting.hazards import before, next_of
from crm.outlook.rules.forecasting.observation import (
    ADVANCE_AT,
    BIN_WEEKS,
    BINS,
    LOST_AT,
    PARKED_AT,
    PARKING_AT,
    RETURN_AT,
    STAGE_AT,
    Floats,
)

WEEKS_KEPT = BIN_WEEKS[-1] + 1
"""Weeks in a stage told apart; the last stands for all longer stays."""


def states_before(event: Stage) -> tuple[int, ...]:
    """The stages (as positions) from which the event is still ahead, the parking place last."""
    return (*range(STAGE_AT[event]), PARKED_AT)


def probabilities(weekly: Floats) -> Floats:
    """Of intensities a week (the last axis holds the causes) the probability of each ending in one."""
    total = weekly.sum(-1, keepdims=True)
    return weekly * np.where(total > 0, -np.expm1(-total) / np.maximum(total, 1e-300), 1.0)


def reach(
    weekly: Floats, event: Stage, days: Sequence[int], shifts: Floats, weeks_shift: Floats
) -> Floats:
    """P(event within ``days``) as [horizon, shift, form, state, weeks spent].

    ``weekly[stage, bin, form, cause]`` as learned; ``shifts[shift, state]`` moves the logit of
    advance, ``weeks_shift`` that of each coming week. ``days`` come longest first; what is left of
    a horizon beyond whole weeks is a part of its last week.
    """
    if list(days) != sorted(days, reverse=True):
        raise ValueError("horizons come longest first")
    states = states_before(event)
    count = len(states)
    local = {position: n for n, position in enumerate(states)}
    goal = np.array([local.get(next_of(position), count) for position in states])
    back = np.array([local[before(position)] for position in states])
    parked = local[PARKED_AT]
    # A stage is worth what the next one is, so the furthest come first and the parking place last.
    order = [*reversed(range(count - 1)), count - 1]
    rates = probabilities(np.moveaxis(weekly[list(states)], 2, 0))  # form, state, bin, cause
    steps = [-(-max(each, 0) // 7) for each in days]
    value = np.zeros((len(days), len(shifts), rates.shape[0], count, WEEKS_KEPT))
    edges = (*BIN_WEEKS, WEEKS_KEPT)
    odds = np.clip(rates[..., ADVANCE_AT], 0.0, 1 - 1e-9)
    odds = odds / (1 - odds)
    others = rates[..., [LOST_AT, PARKING_AT, RETURN_AT]] / np.maximum(
        1 - rates[..., ADVANCE_AT, None], 1e-9
    )
    is_flat = bool(np.all(weeks_shift == weeks_shift[:1]))
    for week in reversed(range(max(steps, default=0))):
        if week == max(steps) - 1 or not is_flat:
            moved = odds * np.exp(shifts[:, None, :, None] + weeks_shift[week])
            advance = moved / (1 + moved)  # shift, form, state, bin
            to_park, to_back = ((1 - advance) * others[..., cause] for cause in (1, 2))
            stay = 1 - advance - (1 - advance) * others.sum(-1)
        running = sum(step > week for step in steps)
        now = value[:running]
        part = np.array(
            [(days[n] - 7 * week) / 7 if steps[n] == week + 1 else 1.0 for n in range(running)]
        )[:, None, None]
        # Worth of a stay begun a week from now, and of one begun now; the last column is the event.
        later = np.concatenate([now[..., 0], np.ones((*now.shape[:3], 1))], axis=-1)
        fresh = np.ones_like(later)
        into = advance * (later[..., goal] / 2)[..., None]
        into += to_back * later[..., back][..., None]
        into += to_park * later[..., parked, None, None]
        kept = into[..., 0] + stay[..., 0] * now[..., 1]
        for state in order:
            onward = advance[..., state, 0] * fresh[..., goal[state]] / 2
            fresh[..., state] = (kept[..., state] + onward) * part
        into += advance * (fresh[..., goal] / 2)[..., None]
        older = now.copy()
        for n in range(BINS):
            low, high = edges[n], edges[n + 1]
            following = older[..., low + 1 : high + 1]
            if n == BINS - 1:
                following = older[..., low:high]  # the longest stays stay the longest
            now[..., low:high] = into[..., n, None] + stay[..., n, None] * following
        if np.any(part < 1):
            now *= part[..., None, None]
    return value


def survives(weekly: Floats, stage: int, form: int, weeks_spent: int, days: int) -> float:
    """P(neither lost nor parked within ``days``), advance left aside: a lead bound for a ceremony."""
    alive = 1.0
    for week in range(weeks_spent, weeks_spent + max(days, 0) // 7):
        duration = int(np.searchsorted(BIN_WEEKS, week, side="right")) - 1
        alive *= float(np.exp(-weekly[stage, duration, form, [LOST_AT, PARKING_AT]].sum()))
    return alive
