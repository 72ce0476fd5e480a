"""The odds of every lead: three gates, ceremonies on time or late, floor applied."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting.arrangement import Odds
from crm.outlook.rules.forecasting.ceremonies import Slip
from crm.outlook.rules.forecasting.observation import Floats
from crm.outlook.rules.forecasting.prospects import Goal, Reaching
from crm.outlook.rules.forecasting.quadrature import GRID, Shared

SCORED_DAYS = (30, 60, 90)
COARSE_GRID = 5
"""Grid of the shift where only a picture or a score needs the value."""


def month_ends(on: date, closes_on: date) -> tuple[date, ...]:
    """The month ends after ``on`` and before the close, and the close itself."""
    found, day = [], on + timedelta(days=1)
    while day < closes_on:
        end = day.replace(day=monthrange(day.year, day.month)[1])
        if end >= closes_on:
            break
        found.append(end)
        day = end + timedelta(days=1)
    return (*found, closes_on)


@dataclass(frozen=True, slots=True)
class Picture:
    """Of one goal: P(event) by lead and coarse node at the days of the fan, and within 30, 60, 90 days."""

    days: tuple[date, ...]
    on_time: Floats
    late: Floats
    scored: Floats


@dataclass(frozen=True)
class Sight:
    """What is the same for all quotas: the leads seen from the day of the forecast."""

    reaching: Reaching
    common: Shared
    slips: tuple[Slip, ...]
    slip_of: Mapping[int, int]

    @cached_property
    def slip_chance(self) -> Floats:
        chance = np.zeros(len(self.reaching.prospects.candidates))
        for row, slip in self.slip_of.items():
            chance[row] = self.slips[slip].p_slip
        return chance

    def _branches(
        self, event: Stage, days: Sequence[int], common: Shared, grid: int
    ) -> tuple[Floats, Floats]:
        """P(event) as [horizon, lead, node] with each ceremony on time, and late."""
        on_time = self.reaching.by_node(event, days, common, grid)
        if not self.slip_of:
            return on_time, on_time
        late = on_time.copy()
        for row, slip in self.slip_of.items():
            candidate = self.reaching.prospects.candidates[row]
            ceremony = self.slips[slip].ceremonies[candidate.ceremony_id or 0]
            for horizon, each in enumerate(days):
                for branch, later in ((on_time, 0), (late, ceremony.slip_days)):
                    held_on = ceremony.on + timedelta(days=later)
                    branch[horizon, row] = self.reaching.at_ceremony(
                        event, each, held_on, row, common
                    )
        return on_time, late

    def _counts(self, event: Floats) -> Floats:
        """P(counts) from P(event): the two later gates, and never sure of what is open."""
        floor = self.reaching.settings.floor
        p = np.clip(event * self.reaching.prospects.gates[:, None], floor, 1 - floor)
        p[..., self.reaching.prospects.supposed_lost, :] = 0.0
        return np.asarray(p)

    def odds(self, goal: Goal) -> Odds:
        event, closes_on = goal
        on_time, late = self._branches(
            event, [(closes_on - self.reaching.on).days], self.common, GRID
        )
        weights = self.common.weights
        chance = self.slip_chance
        return Odds(
            event=np.minimum(
                (1 - chance) * (on_time[0] @ weights) + chance * (late[0] @ weights), 1.0
            ),
            on_time=self._counts(on_time[0]),
            late=self._counts(late[0]),
            if_signed=self._counts_if_signed(),
        )

    def _counts_if_signed(self) -> Floats:
        floor = self.reaching.settings.floor
        p = np.clip(self.reaching.prospects.gates, floor, 1 - floor)
        return np.repeat(p[:, None], len(self.common.points), axis=1)

    @cached_property
    def coarse(self) -> Shared:
        return self.common.every_other()

    def picture(self, goal: Goal) -> Picture:
        event, closes_on = goal
        days = month_ends(self.reaching.on, closes_on)[:-1]
        horizons = [*((day - self.reaching.on).days for day in days), *SCORED_DAYS]
        coarse = self.coarse
        on_time, late = self._branches(event, horizons, coarse, COARSE_GRID)
        chance = self.slip_chance
        within = (1 - chance) * (on_time[len(days) :] @ coarse.weights)
        within += chance * (late[len(days) :] @ coarse.weights)
        return Picture(
            days,
            self._counts(on_time[: len(days)]),
            self._counts(late[: len(days)]),
            np.minimum(within, 1.0),
        )
