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
        return limit * (2 * draw.uniform(math.prod(shape)) - 1)


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
        return stddev * draw.truncated_normal(math.prod(shape))


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``he_uniform`` and ``he_normal``."""
    register("he_uniform", HeUniform)
    register("he_normal", HeNormal)
