"""Input brought to another scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Rescaling"]


class Rescaling(Layer):
    """x · scale + offset: ``Rescaling(1 / 255)`` brings the bytes of an image to [0, 1].

    Parameters
    ----------
    scale : float, or sequence with one for each channel
    offset : float, or sequence with one for each channel
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = _number(scale, self.dtype)
        self.offset = _number(offset, self.dtype)

    def call(self, x: Any) -> Any:
        """Scale and shift."""
        return x * self.scale + self.offset


def _number(value: Any, dtype: np.dtype) -> Any:
    """A number, or one for each channel in the layer's dtype."""
    return float(value) if np.ndim(value) == 0 else np.asarray(value, dtype)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Rescaling``."""
    register("Rescaling", Rescaling)
