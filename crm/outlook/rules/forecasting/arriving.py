"""Projects not in the ledger yet (尚未入库): a negative binomial number of them.

Past years are Poisson with a rate of gamma distribution; the number to come is negative binomial
(Gelman et al., Bayesian Data Analysis, §2.6). The year factor stretches it as it does the leads.
"""

import numpy as np

from crm.outlook.rules.forecasting.facts import Arrivals
from crm.outlook.rules.forecasting.observation import Floats
from crm.outlook.rules.forecasting.quadrature import Shared

UNINFORMED = 0.5
"""Shape of the gamma before any year is seen (Jeffreys)."""
MOST = 400


def gamma_of(arrivals: Arrivals) -> tuple[float, float] | None:
    """Shape and rate (in years) of the yearly number, or None where nothing is said of it."""
    if arrivals.prior_mean is None:
        shape, rate = (UNINFORMED, 0.0) if arrivals.counts else (0.0, 0.0)
    else:
        shape, rate = arrivals.prior_mean * arrivals.prior_years, arrivals.prior_years
    if min((*arrivals.counts, arrivals.prior_mean or 0.0)) < 0:
        raise ValueError("a number of arrivals is not negative")
    shape, rate = shape + sum(arrivals.counts), rate + len(arrivals.counts)
    return (shape, rate) if shape > 0 and rate > 0 else None


def arriving(arrivals: Arrivals | None, shared: Shared, part: float = 1.0) -> Floats | None:
    """P(k arrive and count) as [k, node], ``part`` of the period's; None where nothing is said."""
    gamma = gamma_of(arrivals) if arrivals else None
    if gamma is None:
        return None
    shape, rate = gamma
    mean = part * shape / rate * np.exp(shared.year)
    size = min(int(mean.max() + 12 * np.sqrt(mean.max() + mean.max() ** 2 / shape)) + 12, MOST)
    chance = mean / (mean + shape)
    probability = np.empty((size, len(mean)))
    probability[0] = (1 - chance) ** shape
    for count in range(1, size):
        probability[count] = probability[count - 1] * chance * (shape + count - 1) / count
    return np.asarray(probability / probability.sum(0))
