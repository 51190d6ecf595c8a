"""Signals with each step several times."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_sizes, require_rank

__all__ = ["UpSampling1D"]


class UpSampling1D(Layer):
    """Each step `size` times: (batch, steps, channels) → (batch, steps · size, channels).

    Parameters
    ----------
    size : int >= 1
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `size` is below 1, or the input is no (batch, steps, channels).
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        (self.size,) = checked_sizes("UpSampling1D", "size", size, 1)

    def build(self, input_shape: Shape) -> None:
        """Check that the input has steps and channels."""
        require_rank(self.title, input_shape, 1)

    def call(self, x: Any) -> Any:
        """Repeat."""
        require_rank(self.title, x.shape, 1)
        return ops.squeeze(ops.up_sample2d(ops.expand_dims(x, 1), (1, self.size)), 1)


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``UpSampling1D``."""
    register("UpSampling1D", UpSampling1D)
