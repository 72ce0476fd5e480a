"""How many of independent leads will count: the Poisson-binomial distribution, exactly.

Dynamic programming over the number that counts, done pairwise as a tree of products (the generating
functions 1 − p + pz multiplied; Biscarri, Zhao & Brunner 2018, Comput. Stat. Data Anal. 122:92):
every factor is met once on the way up. The way down again gives, for each lead, the distribution
without it applied to a function of the count: the derivative of the result by its probability,
without division, hence stable for any p. Arrays hold [count, …, node]: one column per point of the
quadrature.
"""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from crm.outlook.rules.forecasting.observation import Floats

DIRECT = 32
"""Up to this many coefficients products are summed directly, above by FFT (absolute error ~1e-15)."""
NEGLIGIBLE = 1e-19
FAST_SIZES: list[int] = sorted(8 * 2**twos * 3**threes for twos in range(18) for threes in range(8))


class ProductTree:
    """The count of leads with probabilities ``p[lead, node]``."""

    def __init__(self, p: Floats) -> None:
        self.leads, self.nodes = p.shape
        leaves = np.stack([1 - p, p]) if self.leads else np.ones((1, 1, self.nodes))
        self._levels = [leaves]
        while self._levels[-1].shape[1] > 1:
            level = self._levels[-1]
            if level.shape[1] % 2:
                level = self._levels[-1] = np.concatenate([level, _nobody(level)], axis=1)
            self._levels.append(_trimmed(convolved(level[:, ::2], level[:, 1::2])))

    @property
    def distribution(self) -> Floats:
        """P(count = k) as [k, node]."""
        return self._levels[-1][:, 0]

    def replaced(self, positions: Sequence[int], p: Floats, below: int) -> Floats:
        """P(count = k < below) with ``p[position, node]`` for some leads; only what stands above them
        is made anew."""
        order = np.argsort(positions)
        at, changed = np.array(positions, dtype=np.int64)[order], np.stack([1 - p, p])[:, order]
        for level in self._levels[:-1]:
            parents = np.unique(at // 2)
            sides = []
            for side in (0, 1):
                child = 2 * parents + side
                values = level[:below, child]
                mine = np.isin(at, child)
                values = _sized(values, max(len(values), len(changed)))
                values[:, np.searchsorted(child, at[mine])] = _sized(changed[:, mine], len(values))
                sides.append(values)
            at, changed = parents, convolved(sides[0], sides[1])[:below]
        return changed[:, 0]

    def without_each(self, worth: Floats) -> Floats:
        """For each lead Σ_k worth[k, node] · P(count of all others = k), as [lead, node]."""
        if not self.leads:
            return np.zeros((0, self.nodes))
        down = _sized(worth, len(self._levels[-1]))[:, None]
        for level in reversed(self._levels[:-1]):
            size = len(level)
            left, right = level[:, ::2], level[:, 1::2]
            # A level may have been given one nobody more to make pairs.
            down = _sized(down[:, : left.shape[1]], 2 * size - 1)
            below = np.empty_like(level)
            below[:, ::2] = _correlated(down, right, size)
            below[:, 1::2] = _correlated(down, left, size)
            down = below
        return np.asarray(down[0, : self.leads])


def _nobody(level: Floats) -> Floats:
    nobody = np.zeros((len(level), 1, level.shape[2]))
    nobody[0] = 1
    return nobody


def _sized(values: Floats, length: int) -> Floats:
    if len(values) >= length:
        return values[:length]
    return np.concatenate([values, np.zeros((length - len(values), *values.shape[1:]))])


def _trimmed(values: Floats) -> Floats:
    """Without the high counts that no node and no branch gives any mass."""
    mass = values.max(axis=tuple(range(1, values.ndim)))
    reached = np.flatnonzero(mass > NEGLIGIBLE)
    return values[: reached[-1] + 1] if len(reached) else values[:1]


def _fft_size(least: int) -> int:
    """A length not much longer that transforms fast: a multiple of 8 without other factors than 2 and 3."""
    return FAST_SIZES[bisect_left(FAST_SIZES, least)]


def convolved(one: Floats, other: Floats) -> Floats:
    """The distribution of the sum of two independent counts."""
    if len(one) > len(other):
        one, other = other, one
    length = len(one) + len(other) - 1
    if len(one) <= DIRECT:
        total = np.zeros((length, *other.shape[1:]))
        for count, probability in enumerate(one):
            total[count : count + len(other)] += probability * other
        return total
    size = _fft_size(length)
    spectrum = np.fft.rfft(one, size, axis=0) * np.fft.rfft(other, size, axis=0)
    return np.asarray(np.maximum(np.fft.irfft(spectrum, size, axis=0)[:length], 0.0))


def _correlated(worth: Floats, others: Floats, length: int) -> Floats:
    """Σ_j others[j] · worth[k + j] for k below ``length``."""
    if len(others) <= DIRECT:
        total = np.zeros((length, *worth.shape[1:]))
        for count, probability in enumerate(others):
            total += probability * worth[count : count + length]
        return total
    size = _fft_size(len(worth))
    spectrum = np.fft.rfft(worth, size, axis=0) * np.conj(np.fft.rfft(others, size, axis=0))
    return np.asarray(np.maximum(np.fft.irfft(spectrum, size, axis=0)[:length], 0.0))


def worth_left(worth: Floats, others: Floats, length: int) -> Floats:
    """What a function of the whole count is worth by the count of one part, ``others`` being the rest."""
    return _correlated(_sized(worth, length + len(others) - 1), others, length)


def product(parts: Sequence[Floats], nodes: int) -> Floats:
    """The distribution of the sum of independent counts; nothing counts nothing."""
    whole = np.ones((1, nodes))
    for part in sorted(parts, key=len):
        whole = convolved(whole, part)
    return whole


def all_but_each(parts: Sequence[Floats], nodes: int) -> list[Floats]:
    """For each part the distribution of the sum of all others, from products of both sides."""
    order = sorted(range(len(parts)), key=lambda n: len(parts[n]))
    before, after = np.ones((1, nodes)), np.ones((1, nodes))
    found = [before] * len(parts)
    for n in order:
        found[n] = before
        before = convolved(before, parts[n])
    for n in reversed(order):
        found[n] = convolved(found[n], after)
        after = convolved(after, parts[n])
    return found


def mixed(on_time: Floats, late: Floats, p_late: float) -> Floats:
    """What counts if one shared event is on time or late."""
    length = max(len(on_time), len(late))
    return np.asarray((1 - p_late) * _sized(on_time, length) + p_late * _sized(late, length))


def at_least(distribution: Floats, needed: int) -> Floats:
    """P(count ≥ needed) of each node."""
    if needed <= 0:
        return np.ones(distribution.shape[-1])
    return np.asarray(np.clip(1 - distribution[:needed].sum(0), 0.0, 1.0))


def capped(distribution: Floats, most: int) -> Floats:
    """The distribution of min(count, most)."""
    if len(distribution) <= most + 1:
        return distribution
    low = distribution[: most + 1].copy()
    low[most] += distribution[most + 1 :].sum(0)
    return low


def band80(distribution: Floats) -> tuple[int, int]:
    """The smallest counts with at least 10 % and 90 % at or below them (one column)."""
    reached = np.cumsum(distribution)
    low, high = np.minimum(np.searchsorted(reached, (0.1 - 1e-12, 0.9 - 1e-12)), len(reached) - 1)
    return int(low), int(high)
