"""Weights whose variance fits the number of a layer's inputs, outputs or both."""

from __future__ import annotations

import math

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer, fans

__all__ = ["VarianceScaling"]

# Standard deviation of a standard normal number that is drawn again when it is beyond ±2.
_TRUNCATION = 0.87962566103423978

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


class VarianceScaling(Initializer):
    """Mean 0 and variance scale / n, n being the fan-in, the fan-out or their average.

    Parameters
    ----------
    scale : float > 0
    mode : {"fan_in", "fan_out", "fan_avg"}
        What n is.
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}
        ``"normal"`` is the first. It is cut off at two standard deviations and widened so that the variance is right.
    seed : int, optional
        In place of the global seed.

    Raises
    ------
    ValueError
        When `scale` is not positive, or `mode` or `distribution` is none of these.

    Notes
    -----
    Uniform in [-limit, limit) with limit = sqrt(3 scale / n), or normal with variance scale / n. Glorot's, He's and
    LeCun's initializations are this one with a scale of 1, 2 and 1. A fan of 0 counts as 1.

    References
    ----------
    LeCun, Bottou, Orr and Müller 1998, "Efficient backprop", section 4.6.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if not scale > 0:
            raise ValueError(f"VarianceScaling expects scale > 0; received {scale}.")
        if mode not in _MODES:
            raise ValueError(f"VarianceScaling expects mode to be one of {', '.join(_MODES)}; received {mode!r}.")
        if distribution not in _DISTRIBUTIONS:
            raise ValueError(
                f"VarianceScaling expects distribution to be one of {', '.join(_DISTRIBUTIONS)}; "
                f"received {distribution!r}."
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """Limit (2 u - 1), u uniform in [0, 1), or stddev n, n normal."""
        inputs, outputs = fans(shape)
        count = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        variance = self.scale / max(count, 1)
        if self.distribution == "uniform":
            values = draw.uniform(math.prod(shape))
            values *= 2  # in place: a temporary array of a large weight's size is dear
            values -= 1
            values *= math.sqrt(3 * self.scale / max(count, 1))
        elif self.distribution == "truncated_normal":
            values = draw.truncated_normal(math.prod(shape))
            values *= math.sqrt(variance) / _TRUNCATION
        else:
            values = draw.normal(math.prod(shape))
            values *= math.sqrt(variance)
        return values


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``variance_scaling``."""
    register("variance_scaling", VarianceScaling)
