"""Normally distributed weights."""

from __future__ import annotations

import math

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["RandomNormal"]


class RandomNormal(Initializer):
    """Normally distributed weights.

    Parameters
    ----------
    mean : float
    stddev : float >= 0
    seed : int, optional
        In place of the global seed.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        if stddev < 0:
            raise ValueError(f"RandomNormal expects stddev >= 0; received {stddev}.")
        self.mean = mean
        self.stddev = stddev

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """mean + stddev n, n standard normal."""
        values = draw.normal(math.prod(shape))
        values *= self.stddev
        values += self.mean
        return values


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``normal``, known to Keras as ``random_normal`` too."""
    register("normal", RandomNormal)
    register("random_normal", RandomNormal)
