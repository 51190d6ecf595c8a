"""Glorot's initialization, for activations that are linear around 0."""

from __future__ import annotations

import math

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer, fans

__all__ = ["TRUNCATION", "GlorotNormal", "GlorotUniform"]

# Standard deviation of a standard normal number that is drawn again when it is beyond ±2.
TRUNCATION = 0.87962566103423978


class GlorotUniform(Initializer):
    """Uniform in [-limit, limit) with limit = sqrt(6 / (fan-in + fan-out)).

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
    """

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """Limit (2 u - 1), u uniform in [0, 1)."""
        limit = math.sqrt(6 / max(sum(fans(shape)), 1))
        values = draw.uniform(math.prod(shape))
        values *= 2  # in place: a temporary array of a large weight's size is dear
        values -= 1
        values *= limit
        return values


class GlorotNormal(Initializer):
    """Normal, cut off at two standard deviations, with variance 2 / (fan-in + fan-out).

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 12.
    """

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """stddev n, n truncated normal."""
        stddev = math.sqrt(2 / max(sum(fans(shape)), 1)) / TRUNCATION
        values = draw.truncated_normal(math.prod(shape))
        values *= stddev
        return values


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``glorot_uniform`` and ``glorot_normal``."""
    register("glorot_uniform", GlorotUniform)
    register("glorot_normal", GlorotNormal)
