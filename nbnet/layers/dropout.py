"""Dropout."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.randomness import checked_noise_shape, checked_rate, checked_seed, seed_of_draw

__all__ = ["Dropout"]


class Dropout(Layer):
    """In training each number becomes 0 with probability `rate`; the others are multiplied by 1 / (1 - rate).

    Outside training it changes nothing ("inverted" dropout).

    Parameters
    ----------
    rate : float in [0, 1)
    noise_shape : sequence of int or None, optional
        Shape of the mask; along axes of size 1 it is repeated, so ``(None, 1, None)`` drops a feature in all steps of
        a sample. A size of None is the input's.
    seed : int, optional
        In place of the global seed.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Notes
    -----
    Which numbers are dropped is a function of (seed, step, position of the layer, element), so it is the same for
    any number of threads; two layers with the same `seed` still drop other numbers. `nbnet.ops.dropout` says how
    finely a rate is resolved: in steps of 2^-16, where that is fine enough, and the factor is the inverse of the
    rounded chance, so that the expectation does not change.

    References
    ----------
    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = checked_rate("Dropout", rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = checked_seed("Dropout", seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """Drop in training, else pass on."""
        if not training:
            return x
        seed = seed_of_draw(self.seed)
        if self.noise_shape is None:
            return ops.dropout(x, self.rate, seed=seed)
        shape = checked_noise_shape(self.title, self.noise_shape, x.shape)
        return x * ops.dropout(ops.ones(shape, x.dtype), self.rate, seed=seed)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Dropout``."""
    register("Dropout", Dropout)
