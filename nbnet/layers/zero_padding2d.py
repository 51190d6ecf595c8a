"""Zeros around images."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_data_format, checked_sides, require_rank

__all__ = ["ZeroPadding2D"]


class ZeroPadding2D(Layer):
    """Zeros around images.

    Parameters
    ----------
    padding : int or sequence, >= 0
        On all sides; or (rows, columns), each on both sides; or ((top, bottom), (left, right)).
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `padding` is none of these, or the input is no (batch, height, width, channels).
    ArgumentError
        When `data_format` is another.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(
        self,
        padding: int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]] = (1, 1),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.padding = checked_sides("ZeroPadding2D", "padding", padding, 2)
        checked_data_format("ZeroPadding2D", data_format)
        self.data_format = "channels_last"

    def build(self, input_shape: Shape) -> None:
        """Check that the input has rows, columns and channels."""
        require_rank(self.title, input_shape, 2)

    def call(self, x: Any) -> Any:
        """Pad."""
        require_rank(self.title, x.shape, 2)
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)))


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``ZeroPadding2D``."""
    register("ZeroPadding2D", ZeroPadding2D)
