"""Weekly hazards of each way to leave a stage, shrunk from the coarse to the fine.

Each week at risk is a draw among the four endings and staying; a Dirichlet prior on it, worth a
stated number of weeks, makes the estimate (prior × weeks + endings) / (weeks + exposure). The
estimate of a level is the prior of the next: stage, then duration, then size band × form, then
chain (pseudo-counts; Gelman et al., Bayesian Data Analysis, §3.4 and ch. 5, empirical Bayes).

A chain enters as one factor on advance, observed against expected of its form, shrunk alike: the
standardised ratio of indirect standardisation (Clayton & Kaldor 1987, Biometrics 43:671). A cell of
stage × duration × form × chain would be empty in every district.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting.facts import Settings
from crm.outlook.rules.forecasting.observation import (
    ADVANCE_AT,
    PARKED_AT,
    STAGE_AT,
    STAGES,
    Floats,
    Form,
    Observed,
)

PRIOR: dict[Stage, tuple[float, float, float, float]] = {
    Stage.LEAD: (0.080, 0.030, 0.010, 0.000),
    Stage.CONTACTED: (0.060, 0.020, 0.010, 0.002),
    Stage.NEGOTIATING: (0.030, 0.012, 0.008, 0.004),
    Stage.REVIEWED: (0.050, 0.006, 0.006, 0.005),
    Stage.PRE_SIGNING: (0.070, 0.004, 0.006, 0.005),
    Stage.SIGNED: (0.060, 0.002, 0.002, 0.001),
    Stage.REGISTERED: (0.030, 0.003, 0.003, 0.001),
    Stage.STARTED: (0.015, 0.001, 0.002, 0.001),
    Stage.OPERATING: (0.000, 0.001, 0.001, 0.000),
    Stage.PARKED: (0.010, 0.010, 0.000, 0.000),
}
"""Prior weekly hazards (advance, lost, parked, returned). An assumption of ours, no statistics:
a first contact within months, half a year of talks, review and signing within months of each
other, one parked lead in two coming back within its year and a half. `Settings.stage_weeks` says
what it weighs; a district with a year of history hardly feels it."""

FURTHEST_CHAIN = 1.5
"""A chain's factor on advance stays within e^±1.5."""


@dataclass(frozen=True, slots=True)
class Hazards:
    """``weekly[stage, bin, form, cause]``; ``chain_shift`` on the logit of advance.

    The ``…_sd`` are posterior standard deviations of the log of advance: of a stage, of a form
    within its stage, of a chain.
    """

    forms: tuple[Form, ...]
    weekly: Floats
    chain_shift: Mapping[int | None, float]
    by_stage: Floats
    stage_sd: Floats
    form_sd: Floats
    chain_sd: Mapping[int | None, float]
    new_sd: float  # of a chain never seen


def learn(observed: Observed, settings: Settings) -> Hazards:
    """The posterior mean of each hazard, and how uncertain advance is at each level."""
    prior = np.array([PRIOR[stage] for stage in STAGES])
    exposure, endings = observed.exposure, observed.endings

    def shrunk(above: Floats, weeks: float, counted: Floats, risk: Floats) -> Floats:
        total = weeks + risk[..., None]
        return np.where(total > 0, (above * weeks + counted) / np.maximum(total, 1e-9), above)

    by_stage = shrunk(prior, settings.stage_weeks, endings.sum((1, 2)), exposure.sum((1, 2)))
    by_duration = shrunk(
        by_stage[:, None], settings.duration_pool_weeks, endings.sum(2), exposure.sum(2)
    )
    weekly = shrunk(by_duration[:, :, None], settings.form_pool_weeks, endings, exposure)
    # The events a level has seen, its prior included: the shape of its gamma, whose log varies by 1/shape.
    stage_shape = prior[:, ADVANCE_AT] * settings.stage_weeks + endings.sum((1, 2))[:, ADVANCE_AT]
    form_shape = (
        by_stage[:, None, ADVANCE_AT] * settings.form_pool_weeks + endings.sum(1)[:, :, ADVANCE_AT]
    )
    shifts, spreads, new_sd = _chains(observed, weekly, by_stage, settings.chain_pool_weeks)
    return Hazards(
        forms=observed.forms,
        weekly=weekly,
        chain_shift=shifts,
        by_stage=by_stage,
        stage_sd=1 / np.sqrt(np.maximum(stage_shape, 1.0)),
        form_sd=1 / np.sqrt(np.maximum(form_shape, 1.0)),
        chain_sd=spreads,
        new_sd=new_sd,
    )


def _chains(
    observed: Observed, weekly: Floats, by_stage: Floats, pool_weeks: float
) -> tuple[dict[int | None, float], dict[int | None, float], float]:
    """Each chain's shift on advance and its uncertainty; only stages before signing teach it."""
    in_talks = observed.spell_stage < STAGE_AT[Stage.SIGNED]
    known = in_talks & (observed.spell_chain >= 0)
    chain, stage = observed.spell_chain[known], observed.spell_stage[known]
    count = len(observed.chains)
    rate = weekly[stage, :, observed.spell_form[known], ADVANCE_AT]
    expected = np.bincount(
        chain, weights=(rate * observed.spell_weeks[known]).sum(1), minlength=count
    )
    advanced = np.bincount(chain, weights=observed.spell_advanced[known], minlength=count)
    weeks = observed.exposure[: STAGE_AT[Stage.SIGNED]].sum((1, 2))
    typical = (
        float(np.average(by_stage[: len(weeks), ADVANCE_AT], weights=weeks))
        if weeks.sum() > 0
        else float(by_stage[: len(weeks), ADVANCE_AT].mean())
    )
    pseudo = max(pool_weeks * typical, 1e-9)
    shift = np.clip(
        np.log((advanced + pseudo) / (expected + pseudo)), -FURTHEST_CHAIN, FURTHEST_CHAIN
    )
    spread = 1 / np.sqrt(np.maximum(advanced + pseudo, 1.0))
    return (
        {chain_id: float(shift[n]) for n, chain_id in enumerate(observed.chains)},
        {chain_id: float(spread[n]) for n, chain_id in enumerate(observed.chains)},
        1 / max(pseudo, 1.0) ** 0.5,
    )


def next_of(position: int) -> int:
    """Where an advance leads; a parked lead comes back to the talks."""
    return STAGE_AT[Stage.NEGOTIATING] if position == PARKED_AT else position + 1


def before(position: int) -> int:
    """Where a step back leads; the first stage and the parking place have nothing before them."""
    return position if position in {0, PARKED_AT} else position - 1
