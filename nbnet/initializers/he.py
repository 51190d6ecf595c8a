"""He's initialization, for rectified units."""

from __future__ import annotations

import math

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.glorot import TRUNCATION
from nbnet.initializers.initializer import Draw, Initializer, fans

__all__ = ["HeNormal", "HeUniform"]


class HeUniform(Initializer):
    """Uniform in [-limit, limit) with limit = sqrt(6 / fan-in).

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """Limit (2 u - 1), u uniform in [0, 1)."""
        limit = math.sqrt(6 / max(fans(shape)[0], 1))
        values = draw.uniform(math.prod(shape))
        values *= 2  # in place: a temporary array of a large weight's size is dear
        values -= 1
        values *= limit
        return values


class HeNormal(Initializer):
    """Normal, cut off at two standard deviations, with variance 2 / fan-in.

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """stddev n, n truncated normal."""
        stddev = math.sqrt(2 / max(fans(shape)[0], 1)) / TRUNCATION
        values = draw.truncated_normal(math.prod(shape))
        values *= stddev
        return values


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``he_uniform`` and ``he_normal``."""
    register("he_uniform", HeUniform)
    register("he_normal", HeNormal)
