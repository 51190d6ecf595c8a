"""He's initialization, for rectified units."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.variance_scaling import VarianceScaling

__all__ = ["HeNormal", "HeUniform"]


class HeUniform(VarianceScaling):
    """Uniform in [-limit, limit) with limit = sqrt(6 / fan-in).

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    """Normal, cut off at two standard deviations, with variance 2 / fan-in.

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    He et al. 2015, "Delving deep into rectifiers", eq. 10.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``he_uniform`` and ``he_normal``."""
    register("he_uniform", HeUniform)
    register("he_normal", HeNormal)
