"""Whether two samples of random numbers have one distribution."""

from __future__ import annotations

import numpy as np

CHANCE = 1e-6
"""How seldom two samples of one distribution are told apart; seeds are fixed, so a run repeats itself."""

DEVIATIONS = 5.0
"""How many standard errors means and variances may differ: a chance of 6e-7."""


def apart(found: np.ndarray, expected: np.ndarray) -> float:
    """0 where shapes, means, variances, ranges and distribution functions agree as chance has it, else infinity.

    The largest distance of the empirical distribution functions is held to the Kolmogorov-Smirnov bound; the samples
    of initializers are large enough to see a variance that is 2% off.
    """
    if found.shape != expected.shape:
        return np.inf
    one, other = (np.sort(np.asarray(item, "float64").ravel()) for item in (found, expected))
    count = one.size
    spread = other.std()
    if not abs(one.mean() - other.mean()) <= DEVIATIONS * spread * np.sqrt(2 / count):
        return np.inf
    kurtosis = np.mean(((other - other.mean()) / spread) ** 4)
    if not abs(one.var() / other.var() - 1) <= DEVIATIONS * np.sqrt(2 * max(kurtosis - 1, 0.1) / count):
        return np.inf
    places = np.concatenate([one, other])
    distance = np.abs(np.searchsorted(one, places, "right") - np.searchsorted(other, places, "right")).max() / count
    if not distance <= np.sqrt(-np.log(CHANCE / 2) / count):
        return np.inf
    return 0.0
