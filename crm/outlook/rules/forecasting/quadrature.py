"""What all leads share, integrated at fixed points.

The common year factor u ~ N(0, `Settings.u_sd`²) shifts the logit of advance of every lead. What is
not known of the hazards themselves shifts the leads of a stage, form or chain together; to first
order this changes the expected count as one common shift would, of variance
Σ (w_j s_j)² / (Σ w_j)², s_j the posterior deviation of the log of advance at level j and w_j how the
expected count answers to it. Both are one normal variable then.

Learned hazards are means over the years seen and over the posterior, so it is e^shift that has mean
1: the shift has mean −variance/2, as a lognormal factor of mean 1. That they also are averages over
few years, this one's first months among them, is not added: the first makes u less sure, the second
surer, and with one to five years the two cancel to within a tenth of its variance.

The integral is the trapezoidal rule over ± 3.8 deviations in steps of a fifth: for a normal weight
it converges faster than any power of the step (Trefethen & Weideman 2014, SIAM Review 56:385, §4).
Gauss–Hermite puts most of its points where no mass is; with thousands of leads P(meet | u) is nearly
a step, and it would need some hundred of them.
"""

from dataclasses import dataclass

import numpy as np

from crm.outlook.rules.forecasting.observation import Floats

POINTS = 39
REACH = 3.8
GRID = 13


@dataclass(frozen=True, slots=True)
class Shared:
    """Points of the common shift and their weights; ``year`` is the log of the year's factor on what
    is not in the ledger yet, given the shift."""

    sd: float
    points: Floats
    weights: Floats
    year: Floats

    def every_other(self) -> "Shared":
        """Half as many points, for pictures."""
        weights = self.weights[::2]
        return Shared(self.sd, self.points[::2], weights / weights.sum(), self.year[::2])


def shared(u: float | None, u_sd: float, parameters_sd: float, points: int = POINTS) -> Shared:
    """The quadrature of the common shift; a fixed ``u`` leaves only the parameters uncertain.

    u = 0 is a year as good as those the hazards were learned in were on average.
    """
    year_sd = u_sd if u is None else 0.0
    fixed = 0.0 if u is None else u
    sd = float(np.hypot(year_sd, parameters_sd))
    if sd < 1e-9:
        return Shared(0.0, np.array([fixed]), np.ones(1), np.array([fixed]))
    z = np.linspace(-REACH, REACH, points)
    weights = np.exp(-z * z / 2)
    # Of a shift its year's part is known only in the mean, and its factor, too, has mean 1.
    year = fixed + year_sd**2 / sd * z - year_sd**4 / sd**2 / 2
    return Shared(sd, fixed - sd**2 / 2 + sd * z, weights / weights.sum(), year)


def chebyshev(low: float, high: float, count: int = GRID) -> Floats:
    """Points between which a smooth function of the shift is interpolated."""
    angles = np.pi * (np.arange(count) + 0.5) / count
    return (low + high) / 2 - (high - low) / 2 * np.cos(angles)


def interpolation(grid: Floats, at: Floats) -> Floats:
    """Matrix from values on a Chebyshev grid to values ``at`` (barycentric; Berrut & Trefethen 2004)."""
    count = len(grid)
    angles = np.pi * (np.arange(count) + 0.5) / count
    weight = (-1.0) ** np.arange(count) * np.sin(angles)
    apart = at[:, None] - grid
    exact = apart == 0
    terms = weight / np.where(exact, 1.0, apart)
    matrix = terms / terms.sum(1, keepdims=True)
    hit = exact.any(1)
    matrix[hit] = exact[hit]
    return np.asarray(matrix, dtype=np.float64)
