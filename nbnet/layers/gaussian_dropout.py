"""Dropout with normally distributed factors."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.randomness import checked_rate, checked_seed, seed_of_draw

__all__ = ["GaussianDropout"]


class GaussianDropout(Layer):
    """In training x · n, n normally distributed around 1; outside training it changes nothing.

    Parameters
    ----------
    rate : float in [0, 1)
        That of the Dropout whose factors have the same variance. Keras 3 takes 1 too, which gives infinite factors.
    seed : int, optional
        In place of the global seed.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ValueError
        When `rate` is not in [0, 1).

    Notes
    -----
    n has mean 1 and standard deviation sqrt(rate / (1 - rate)). It is a function of (seed, step, position of the
    layer, element), so it is the same for any number of threads.

    References
    ----------
    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", section 10.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = checked_rate("GaussianDropout", rate)
        self.seed = checked_seed("GaussianDropout", seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """Multiply in training, else pass on."""
        if not training or self.rate == 0:
            return x
        stddev = math.sqrt(self.rate / (1 - self.rate))
        return x * ops.normal(x.shape, 1.0, stddev, dtype=x.dtype, seed=seed_of_draw(self.seed))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``GaussianDropout``."""
    register("GaussianDropout", GaussianDropout)
