"""The rectified linear unit with a slope on its negative side, as a layer."""

from __future__ import annotations

from typing import Any

from nbnet import activations
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["LeakyReLU"]


class LeakyReLU(Layer):
    """:func:`nbnet.activations.leaky_relu` as a layer.

    Parameters
    ----------
    negative_slope : float >= 0
        0.3 as in the layer of Keras 3, whose activation of this name takes 0.2. PyTorch takes 0.01.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ValueError
        When the slope is negative.
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._activation = activations.LeakyReLU(negative_slope)
        self.negative_slope = negative_slope

    def call(self, x: Any) -> Any:
        """The activation of `x`."""
        return self._activation(x)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``LeakyReLU``."""
    register("LeakyReLU", LeakyReLU)
