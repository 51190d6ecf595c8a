"""Glorot's initialization, for activations that are linear around 0."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.variance_scaling import VarianceScaling

__all__ = ["GlorotNormal", "GlorotUniform"]


class GlorotUniform(VarianceScaling):
    """Uniform in [-limit, limit) with limit = sqrt(6 / (fan-in + fan-out)).

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """Normal, cut off at two standard deviations, with variance 2 / (fan-in + fan-out).

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 12.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``glorot_uniform`` and ``glorot_normal``."""
    register("glorot_uniform", GlorotUniform)
    register("glorot_normal", GlorotNormal)
