"""Normally distributed weights without outliers."""

from __future__ import annotations

import math

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["TruncatedNormal"]


class TruncatedNormal(Initializer):
    """Normally distributed weights; those beyond two standard deviations are drawn again.

    Parameters
    ----------
    mean : float
    stddev : float >= 0
        Before the cut; the weights have 0.8796 of it. PyTorch's ``trunc_normal_`` cuts at ±2, whatever the deviation.
    seed : int, optional
        In place of the global seed.

    Raises
    ------
    ValueError
        When `stddev` is negative.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        if not stddev >= 0:
            raise ValueError(f"TruncatedNormal expects stddev >= 0; received {stddev}.")
        self.mean = mean
        self.stddev = stddev

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """mean + stddev n, n truncated normal."""
        values = draw.truncated_normal(math.prod(shape))
        values *= self.stddev
        values += self.mean
        return values


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``truncated_normal``."""
    register("truncated_normal", TruncatedNormal)
