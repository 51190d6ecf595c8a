"""Random numbers for generated data: the same for a seed with every version of NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.graph.philox import normal, uniform
from nbnet.preprocessing.train_test_split import shuffled

__all__ = ["RandomNumbers", "check_numbers"]

# A stream of its own: layers count their streams from 0, so no weight or mask repeats these numbers.
_STREAM = 0xDA7A0000


class RandomNumbers:
    """Draws of a data set, one after the other.

    Parameters
    ----------
    seed : int in [0, 2**63)
    """

    def __init__(self, seed: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
            raise DataError(f"Expected a seed that is an integer from 0 to 2**63 - 1; received {seed!r:.60}.")
        self.seed = int(seed)
        self._draws = 0

    def uniform(self, *shape: int) -> np.ndarray:
        """Numbers uniform in [0, 1), float64."""
        return uniform(self.seed, 0, _STREAM, self._next(), 0, math.prod(shape), np.float64).reshape(shape)

    def normal(self, *shape: int) -> np.ndarray:
        """Numbers of the standard normal distribution, float64."""
        return normal(self.seed, 0, _STREAM, self._next(), 0, math.prod(shape), np.float64).reshape(shape)

    def order(self, count: int) -> np.ndarray:
        """A permutation of the numbers below `count`."""
        return shuffled(count, self.seed)

    def _next(self) -> int:
        """The number of a draw."""
        self._draws += 1
        return self._draws - 1


def check_numbers(
    dataset: str, samples: Any, noise: Any, least: int, names: Sequence[str] = ("samples", "noise")
) -> None:
    """Refuse a number of samples below `least`, and noise that is negative or infinite."""
    if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < least:
        raise DataError(f"{dataset} expects {names[0]} as an integer of at least {least}; received {samples!r:.60}.")
    number = isinstance(noise, (int, float, np.integer, np.floating)) and not isinstance(noise, bool)
    if not number or not 0 <= noise < math.inf:
        raise DataError(f"{dataset} expects {names[1]} as a number of at least 0; received {noise!r:.60}.")
