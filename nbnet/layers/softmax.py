"""Scores as probabilities, as a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet import activations
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Softmax"]


class Softmax(Layer):
    """:func:`nbnet.activations.softmax` as a layer.

    Parameters
    ----------
    axis : int or sequence of int
        Over several axes the probabilities of all their elements together sum to 1.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Notes
    -----
    Keras' ``mask`` does not exist.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, x: Any) -> Any:
        """The probabilities."""
        axes = tuple(self.axis) if isinstance(self.axis, Sequence) else (self.axis,)
        if len(axes) == 1:
            return activations.softmax(x, axes[0])
        return ops.exp(x - ops.logsumexp(x, axis=axes, keepdims=True))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Softmax``."""
    register("Softmax", Softmax)
