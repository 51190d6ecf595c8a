"""Uniformly distributed weights."""

from __future__ import annotations

import math

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["RandomUniform"]


class RandomUniform(Initializer):
    """Uniformly distributed weights in [minval, maxval).

    Parameters
    ----------
    minval, maxval : float
    seed : int, optional
        In place of the global seed.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        if not minval <= maxval:
            raise ValueError(f"RandomUniform expects minval <= maxval; received {minval} and {maxval}.")
        self.minval = minval
        self.maxval = maxval

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """minval + (maxval - minval) u, u uniform in [0, 1)."""
        values = draw.uniform(math.prod(shape))
        values *= self.maxval - self.minval
        values += self.minval
        return values


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``uniform``, known to Keras as ``random_uniform`` too."""
    register("uniform", RandomUniform)
    register("random_uniform", RandomUniform)
