"""The open leads as arrays, and the probability of each to reach the counting event at each node."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting.absorption import WEEKS_KEPT, reach, states_before, survives
from crm.outlook.rules.forecasting.facts import Assumed, Candidate, Settings
from crm.outlook.rules.forecasting.hazards import Hazards
from crm.outlook.rules.forecasting.observation import PARKED_AT, STAGE_AT, Floats
from crm.outlook.rules.forecasting.quadrature import Shared, chebyshev, interpolation
from crm.outlook.rules.forecasting.seasons import week_shifts

Goal = tuple[Stage, date]
"""What counts and until when: quotas with the same share all that is computed of a lead."""

STEP = 0.1
"""Shift by which the answer of the expected count to a hazard is measured."""


@dataclass(frozen=True, slots=True)
class Prospects:
    """Candidates in the order of their ids, one row of every array each."""

    candidates: tuple[Candidate, ...]
    stage: NDArray[np.int64]
    form: NDArray[np.int64]
    weeks: NDArray[np.int64]
    chain_shift: Floats
    chain_sd: Floats
    chain: NDArray[np.int64]
    gates: Floats
    supposed_signed: NDArray[np.bool_]
    supposed_lost: NDArray[np.bool_]


def prospects_of(candidates: Sequence[Candidate], hazards: Hazards) -> Prospects:
    """Refuses closed leads, ids that stand twice and gates that are no probabilities."""
    ordered = tuple(sorted(candidates, key=lambda each: each.lead_id))
    if len({each.lead_id for each in ordered}) < len(ordered):
        raise ValueError("a lead stands twice among the candidates")
    for each in ordered:
        if each.stage not in STAGE_AT:
            raise ValueError(f"lead {each.lead_id} is {each.stage}: it is not open")
        if not (0 <= each.amount_gate <= 1 and 0 <= each.recognition_gate <= 1):
            raise ValueError(f"lead {each.lead_id} has a gate outside 0 to 1")
    form_at = {form: position for position, form in enumerate(hazards.forms)}
    chains = sorted({each.chain_id for each in ordered if each.chain_id is not None})
    chain_at = {chain: position for position, chain in enumerate(chains)}
    return Prospects(
        candidates=ordered,
        stage=np.array([STAGE_AT[each.stage] for each in ordered], dtype=np.int64),
        form=np.array([form_at[each.size_band, each.path] for each in ordered], dtype=np.int64),
        weeks=np.array(
            [min(max(each.days_in_stage, 0) // 7, WEEKS_KEPT - 1) for each in ordered],
            dtype=np.int64,
        ),
        chain_shift=np.array(
            [hazards.chain_shift.get(each.chain_id, 0.0) for each in ordered], dtype=np.float64
        ),
        chain_sd=np.array(
            [
                0.0
                if each.chain_id is None
                else hazards.chain_sd.get(each.chain_id, hazards.new_sd)
                for each in ordered
            ],
            dtype=np.float64,
        ),
        chain=np.array(
            [-1 if each.chain_id is None else chain_at[each.chain_id] for each in ordered],
            dtype=np.int64,
        ),
        gates=np.array(
            [each.amount_gate * each.recognition_gate for each in ordered], dtype=np.float64
        ),
        supposed_signed=np.array([each.assumed is Assumed.SIGNED for each in ordered], dtype=bool),
        supposed_lost=np.array([each.assumed is Assumed.LOST for each in ordered], dtype=bool),
    )


def is_there(prospects: Prospects, event: Stage) -> NDArray[np.bool_]:
    """Which leads stand at the counting event or past it."""
    return np.asarray(
        (prospects.stage >= STAGE_AT[event]) & (prospects.stage != PARKED_AT), dtype=bool
    )


def _state(prospects: Prospects, event: Stage) -> NDArray[np.int64]:
    states = states_before(event)
    return np.where(
        prospects.stage == PARKED_AT, len(states) - 1, np.minimum(prospects.stage, len(states) - 1)
    )


@dataclass(frozen=True, slots=True)
class Reaching:
    """What computes the first gate: hazards, the day, the month factors."""

    hazards: Hazards
    prospects: Prospects
    on: date
    settings: Settings

    def _reach(self, event: Stage, days: Sequence[int], shifts: Floats) -> Floats:
        weeks = -(-max((*days, 0)) // 7)
        return reach(
            self.hazards.weekly,
            event,
            days,
            shifts,
            week_shifts(self.on, weeks, self.settings.month_factors),
        )

    def parameters_sd(self, goals: Sequence[Goal]) -> float:
        """How far the uncertain hazards shift the expected count, as a common shift (see `quadrature`).

        Suppositions are left aside, so that a what-if changes what is supposed and nothing else.
        """
        prospects, hazards = self.prospects, self.hazards
        answers = np.zeros((len(prospects.candidates), len(hazards.stage_sd)))
        for event, closes_on in goals:
            states = states_before(event)
            shifts = np.concatenate([np.zeros((1, len(states))), STEP * np.eye(len(states))])
            table = self._reach(event, [(closes_on - self.on).days], shifts)[0]
            cells = table[:, prospects.form, _state(prospects, event), prospects.weeks]
            ahead = np.where(is_there(prospects, event), 0.0, prospects.gates)
            answers[:, states] += ((cells[1:] - cells[0]) / STEP * ahead).T
        total = answers.sum()
        if not total > 0:
            return 0.0
        by_form = np.zeros((len(hazards.stage_sd), len(hazards.forms)))
        np.add.at(by_form.T, prospects.form, answers)
        by_chain = np.bincount(prospects.chain + 1, weights=answers.sum(1))
        chain_sd = np.zeros(len(by_chain))
        chain_sd[prospects.chain + 1] = prospects.chain_sd
        variance = (
            ((by_form.sum(1) * hazards.stage_sd) ** 2).sum()
            + ((by_form * hazards.form_sd) ** 2).sum()
            + ((by_chain * chain_sd) ** 2).sum()
        )
        return float(np.sqrt(variance) / total)

    def by_node(self, event: Stage, days: Sequence[int], shared: Shared, grid_size: int) -> Floats:
        """P(event within ``days``) as [horizon, lead, node]; 1 for who is there already."""
        prospects = self.prospects
        shifts = prospects.chain_shift
        spread = max(float(np.ptp(shared.points)), 0.02)
        low = float(shared.points.min() + min(shifts.min(initial=0.0), 0.0)) - 0.01 * spread
        high = float(shared.points.max() + max(shifts.max(initial=0.0), 0.0)) + 0.01 * spread
        grid = chebyshev(low, high, grid_size)
        states = states_before(event)
        order = np.argsort([-each for each in days], kind="stable")
        table = np.empty((len(days), grid_size, len(self.hazards.forms), len(states), WEEKS_KEPT))
        longest_first = [days[n] for n in order]
        table[order] = self._reach(
            event, longest_first, np.broadcast_to(grid[:, None], (grid_size, len(states)))
        )
        np.clip(table, 1e-290, 1 - 1e-12, out=table)
        logit = np.log(table) - np.log1p(-table)
        found = np.empty((len(days), len(prospects.candidates), len(shared.points)))
        state = _state(prospects, event)
        for shift in np.unique(shifts):
            mine = np.flatnonzero(shifts == shift)
            matrix = interpolation(grid, shared.points + shift)
            cells = logit[:, :, prospects.form[mine], state[mine], prospects.weeks[mine]]
            found[:, mine] = (matrix @ cells).transpose(0, 2, 1)
        np.clip(found, -700, 700, out=found)
        np.exp(-found, out=found)
        found += 1
        np.reciprocal(found, out=found)
        for horizon, each in enumerate(days):
            if each <= 0:
                found[horizon] = 0.0
        found[:, is_there(prospects, event) | prospects.supposed_signed] = 1.0
        found[:, prospects.supposed_lost] = 0.0
        return found

    def at_ceremony(
        self, event: Stage, days: int, ceremony_on: date, lead: int, shared: Shared
    ) -> Floats:
        """P(event within ``days``) by node of a lead bound to sign at the ceremony, if it stays."""
        until = (ceremony_on - self.on).days
        left = days - until
        if left < 0:
            return np.zeros(len(shared.points))
        prospects = self.prospects
        form = int(prospects.form[lead])
        stays = survives(
            self.hazards.weekly, int(prospects.stage[lead]), form, int(prospects.weeks[lead]), until
        )
        if not Stage.SIGNED.is_before(event):
            return np.full(len(shared.points), stays)
        states = states_before(event)
        shifts = shared.points + prospects.chain_shift[lead]
        weeks = week_shifts(ceremony_on, -(-left // 7), self.settings.month_factors)
        table = reach(
            self.hazards.weekly[:, :, [form]],
            event,
            [left],
            np.broadcast_to(shifts[:, None], (len(shifts), len(states))),
            weeks,
        )
        return stays * table[0, :, 0, states.index(STAGE_AT[Stage.SIGNED]), 0]
