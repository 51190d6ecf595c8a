"""Dropout for self-normalizing networks."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.randomness import checked_noise_shape, checked_rate, checked_seed, seed_of_draw

__all__ = ["AlphaDropout"]

_SCALE, _ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717  # those of selu


class AlphaDropout(Layer):
    """In training numbers become what selu tends to far below 0, so that mean and variance stay 0 and 1.

    Outside training it changes nothing. It belongs behind selu.

    Parameters
    ----------
    rate : float in [0, 1)
    noise_shape : sequence of int or None, optional
        As in :class:`Dropout`.
    seed : int, optional
        In place of the global seed.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ValueError
        When `rate` is not in [0, 1), or `noise_shape` does not fit the input.

    Notes
    -----
    y = a (x if kept, else α') + b, kept with probability q = 1 - rate, α' = -1.0507 · 1.6733,
    a = (q + α'² q (1 - q))^(-1/2) and b = -a (1 - q) α'. What is kept is a function of (seed, step, position of the
    layer, element), so it is the same for any number of threads.

    References
    ----------
    Klambauer et al. 2017, "Self-normalizing neural networks", section "New Dropout Technique".
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = checked_rate("AlphaDropout", rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = checked_seed("AlphaDropout", seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """Drop in training, else pass on."""
        if not training or self.rate == 0:
            return x
        keep, low = 1 - self.rate, -_SCALE * _ALPHA
        a = 1 / math.sqrt(keep + low**2 * keep * (1 - keep))
        shape = checked_noise_shape(self.title, self.noise_shape, x.shape)
        kept = ops.bernoulli(shape, keep, seed=seed_of_draw(self.seed))
        return ops.where(kept, x, low) * a - a * (1 - keep) * low


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``AlphaDropout``."""
    register("AlphaDropout", AlphaDropout)
