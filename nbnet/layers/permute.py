"""The axes of a sample in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import Shape

__all__ = ["Permute"]


class Permute(Layer):
    """Axes in another order: ``Permute((2, 1))`` turns (batch, a, b) into (batch, b, a).

    Parameters
    ----------
    dims : sequence of int
        For each axis of the output which of the input it is, counted from 1: the batch axis, 0, stays.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When `dims` does not name each axis from 1 on once, or the input has another number of axes.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        listed = tuple(dims) if isinstance(dims, (list, tuple)) else (dims,)
        if sorted(listed, key=str) != sorted(range(1, len(listed) + 1), key=str):
            raise ShapeError(
                f"Permute expects dims to name each axis of a sample once, counted from 1, such as (2, 1); received "
                f"{dims!r}. The batch axis is not part of it."
            )
        self.dims = tuple(int(axis) for axis in listed)

    def build(self, input_shape: Shape) -> None:
        """Check that the input has these axes."""
        self._check(input_shape)

    def call(self, x: Any) -> Any:
        """Transpose."""
        self._check(x.shape)
        return ops.transpose(x, (0, *self.dims))

    def _check(self, shape: Shape) -> None:
        """Raise a ShapeError for input with another number of axes."""
        if len(shape) != len(self.dims) + 1:
            raise ShapeError(
                f"{self.title} orders {len(self.dims)} axes, {self.dims}; received input {tuple(shape)}, whose samples "
                f"have {len(shape) - 1}. Name that many axes."
            )


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Permute``."""
    register("Permute", Permute)
