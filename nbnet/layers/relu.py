"""The rectified linear unit as a layer."""

from __future__ import annotations

from typing import Any

from nbnet import activations
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["ReLU"]


class ReLU(Layer):
    """:func:`nbnet.activations.relu` as a layer.

    Parameters
    ----------
    max_value : float >= 0, optional
        The largest value of the result; None is none. It comes first, as in the layer of Keras.
    negative_slope : float >= 0
        Slope below the threshold.
    threshold : float >= 0
        Where the unit begins to pass its input on.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ValueError
        When an argument is negative.
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._activation = activations.ReLU(negative_slope, max_value, threshold)
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, x: Any) -> Any:
        """The activation of `x`."""
        return self._activation(x)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``ReLU``."""
    register("ReLU", ReLU)
