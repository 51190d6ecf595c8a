"""Images cut at their borders."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_data_format, checked_sides, require_rank

__all__ = ["Cropping2D"]


class Cropping2D(Layer):
    """Images without their outermost rows and columns.

    Parameters
    ----------
    cropping : int or sequence, >= 0
        On all sides; or (rows, columns), each on both sides; or ((top, bottom), (left, right)).
    data_format : "channels_last" or None
        Both mean the same; another order is not available.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `cropping` is none of these, the input is no (batch, height, width, channels), or nothing of it is left.
    ArgumentError
        When `data_format` is another.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(
        self,
        cropping: int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cropping = checked_sides("Cropping2D", "cropping", cropping, 2)
        checked_data_format("Cropping2D", data_format)
        self.data_format = "channels_last"

    def build(self, input_shape: Shape) -> None:
        """Check that something is left."""
        self._check(input_shape)

    def call(self, x: Any) -> Any:
        """Cut."""
        self._check(x.shape)
        sides = ((0, 0), *self.cropping, (0, 0))
        starts = tuple(before for before, _ in sides)
        stops = tuple(size - after for size, (_, after) in zip(x.shape, sides, strict=True))
        return ops.strided_slice(x, starts, stops, (1,) * x.ndim)

    def _check(self, shape: Shape) -> None:
        """Raise a ShapeError for input of another rank, or of which nothing is left."""
        require_rank(self.title, shape, 2)
        if any(int(size or 0) <= sum(sides) for size, sides in zip(shape[1:-1], self.cropping, strict=True)):
            raise ShapeError(
                f"{self.title} cuts {self.cropping} away; received input {tuple(shape)}, of which nothing is left. "
                "Crop less."
            )


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Cropping2D``."""
    register("Cropping2D", Cropping2D)
