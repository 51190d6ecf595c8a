"""Normally distributed noise."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.randomness import checked_seed, seed_of_draw

__all__ = ["GaussianNoise"]


class GaussianNoise(Layer):
    """In training x + n, n normally distributed with mean 0; outside training it changes nothing.

    Parameters
    ----------
    stddev : float >= 0
        Standard deviation of the noise. Keras 3 refuses more than 1.
    seed : int, optional
        In place of the global seed.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ValueError
        When `stddev` is negative or not finite.

    Notes
    -----
    The noise is a function of (seed, step, position of the layer, element), so it is the same for any number of
    threads.

    References
    ----------
    Bishop 1995, "Training with noise is equivalent to Tikhonov regularization".
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(stddev, bool) or not isinstance(stddev, (int, float)) or not 0 <= stddev < math.inf:
            raise ValueError(f"GaussianNoise expects stddev to be a finite number >= 0; received {stddev!r}.")
        self.stddev = float(stddev)
        self.seed = checked_seed("GaussianNoise", seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """Add noise in training, else pass on."""
        if not training or self.stddev == 0:
            return x
        return x + ops.normal(x.shape, stddev=self.stddev, dtype=x.dtype, seed=seed_of_draw(self.seed))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``GaussianNoise``."""
    register("GaussianNoise", GaussianNoise)
