"""Signals cut at their ends."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape
from nbnet.layers.spatial import checked_sides, require_rank

__all__ = ["Cropping1D"]


class Cropping1D(Layer):
    """Signals without their first and last steps.

    Parameters
    ----------
    cropping : int or (int, int), >= 0
        On both sides; or (before, after).
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `cropping` is none of these, the input is no (batch, steps, channels), or nothing of it is left.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(
        self,
        cropping: int | tuple[int, int] = (1, 1),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cropping = checked_sides("Cropping1D", "cropping", cropping, 1)

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
        require_rank(self.title, shape, 1)
        if any(int(size or 0) <= sum(sides) for size, sides in zip(shape[1:-1], self.cropping, strict=True)):
            raise ShapeError(
                f"{self.title} cuts {self.cropping} away; received input {tuple(shape)}, of which nothing is left. "
                "Crop less."
            )


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Cropping1D``."""
    register("Cropping1D", Cropping1D)
