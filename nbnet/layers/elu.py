"""The exponential linear unit as a layer."""

from __future__ import annotations

from typing import Any

from nbnet import activations
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["ELU"]


class ELU(Layer):
    """:func:`nbnet.activations.elu` as a layer.

    Parameters
    ----------
    alpha : float
        The function tends to -alpha for large negative x.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, x: Any) -> Any:
        """The activation of `x`."""
        return activations.elu(x, self.alpha)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``ELU``."""
    register("ELU", ELU)
