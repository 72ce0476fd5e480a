"""How good forecasts were: coverage of the 80 % band, its width, and the randomised PIT."""

from dataclasses import dataclass

import numpy as np

from crm.outlook.rules.forecasting import forecast
from tests.simulation.districts import ON, Kind, districts


@dataclass(frozen=True, slots=True)
class Score:
    """``ks`` is √n times the Kolmogorov–Smirnov distance of the PIT from uniform: above 1.63 it is
    not uniform at the level 1 %. ``bias`` is expected less happened, as part of what happened."""

    kind: Kind
    runs: int
    coverage: float
    width: float
    expected: float
    happened: float
    ks: float
    pit: tuple[float, ...]

    @property
    def bias(self) -> float:
        return (self.expected - self.happened) / self.happened

    @property
    def deciles(self) -> tuple[int, ...]:
        """How many PIT values fall in each tenth."""
        return tuple(np.histogram(self.pit, bins=10, range=(0, 1))[0].tolist())


def score(kind: Kind, runs: int, seed: int) -> Score:
    """Forecast every district of a kind and compare with what came true.

    The randomised PIT P(count < happened) + v P(count = happened), v uniform, is uniform where the
    forecast is right (Smith 1985; Czado, Gneiting & Held 2009, Biometrics 65:1254).
    """
    random = np.random.default_rng(seed + 1)
    held, widths, expected, happened, pit = [], [], [], [], []
    for district in districts(kind, runs, seed):
        found = forecast(
            district.spells, district.candidates, [district.target], district.settings, ON
        ).quotas[0]
        low, high = found.band80
        held.append(low <= district.happened <= high)
        widths.append(high - low)
        expected.append(found.expected)
        happened.append(district.happened)
        place = district.happened - found.first_count
        below = sum(found.distribution[:place])
        exactly = found.distribution[place] if place < len(found.distribution) else 0.0
        pit.append(below + random.random() * exactly)
    ordered = np.sort(pit)
    rank = np.arange(1, runs + 1) / runs
    distance = max(np.abs(rank - ordered).max(), np.abs(rank - 1 / runs - ordered).max())
    return Score(
        kind,
        runs,
        float(np.mean(held)),
        float(np.mean(widths)),
        float(np.mean(expected)),
        float(np.mean(happened)),
        float(np.sqrt(runs) * distance),
        tuple(pit),
    )
