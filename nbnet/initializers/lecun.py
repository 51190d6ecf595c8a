"""LeCun's initialization, for self-normalizing networks with ``selu``."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.variance_scaling import VarianceScaling

__all__ = ["LecunNormal", "LecunUniform"]


class LecunUniform(VarianceScaling):
    """Uniform in [-limit, limit) with limit = sqrt(3 / fan-in).

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    LeCun, Bottou, Orr and Müller 1998, "Efficient backprop", eq. 16.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    """Normal, cut off at two standard deviations, with variance 1 / fan-in.

    Parameters
    ----------
    seed : int, optional
        In place of the global seed.

    References
    ----------
    LeCun, Bottou, Orr and Müller 1998, "Efficient backprop", eq. 16.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``lecun_uniform`` and ``lecun_normal``."""
    register("lecun_uniform", LecunUniform)
    register("lecun_normal", LecunNormal)
