"""Zeros around signals."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_data_format, checked_sides, require_rank

__all__ = ["ZeroPadding1D"]


class ZeroPadding1D(Layer):
    """Zeros before and after signals.

    Parameters
    ----------
    padding : int or (int, int), >= 0
        On both sides; or (before, after).
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `padding` is none of these, or the input is no (batch, steps, channels).
    ArgumentError
        When `data_format` is another.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(
        self,
        padding: int | tuple[int, int] = 1,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.padding = checked_sides("ZeroPadding1D", "padding", padding, 1)
        checked_data_format("ZeroPadding1D", data_format)
        self.data_format = "channels_last"

    def build(self, input_shape: Shape) -> None:
        """Check that the input has steps and channels."""
        require_rank(self.title, input_shape, 1)

    def call(self, x: Any) -> Any:
        """Pad."""
        require_rank(self.title, x.shape, 1)
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``ZeroPadding1D``."""
    register("ZeroPadding1D", ZeroPadding1D)
