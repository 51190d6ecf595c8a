"""Dropout."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import active_trace
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Dropout"]


class Dropout(Layer):
    """In training each number becomes 0 with probability `rate`; the others are multiplied by 1 / (1 - rate).

    Outside training it changes nothing ("inverted" dropout).

    Parameters
    ----------
    rate : float in [0, 1)
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Notes
    -----
    Which numbers are dropped is a function of (seed, step, position of the layer, element), so it is the same for
    any number of threads. `nbnet.ops.dropout` says how finely a rate is resolved: in steps of 2^-16, where that is fine
    enough, and the factor is the inverse of the rounded chance, so that the expectation does not change.

    References
    ----------
    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise ValueError(
                f"Dropout expects a rate in [0, 1); received {rate!r}. A rate of 0.2 drops one number in five."
            )
        self.rate = float(rate)

    def call(self, x: Any, training: bool = False) -> Any:
        """Drop in training, else pass on."""
        if not training:
            return x
        return ops.dropout(x, self.rate, seed=get_seed() if active_trace() is None else None)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Dropout``."""
    register("Dropout", Dropout)
