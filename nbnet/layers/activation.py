"""An activation as a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbnet import activations
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Activation"]


class Activation(Layer):
    """An activation as a layer.

    Parameters
    ----------
    activation : str or callable
        A registered name or a function of one tensor.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    def __init__(self, activation: str | Callable[[Any], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, x: Any) -> Any:
        """The activation of `x`."""
        return self.activation(x)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Activation``."""
    register("Activation", Activation)
