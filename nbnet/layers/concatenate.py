"""Tensors one after the other."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ArgumentError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.axes import as_axes, sample_axes
from nbnet.layers.merge import Merge
from nbnet.layers.shapes import Shape

__all__ = ["Concatenate"]


class Concatenate(Merge):
    """Tensors one after the other along an axis. It is called with a list: ``Concatenate()([a, b])``.

    Parameters
    ----------
    axis : int
        Not the batch axis: :func:`nbnet.ops.concatenate` joins batches.
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Raises
    ------
    ShapeError
        When shapes differ along another axis, or there is no such axis.
    """

    casts_input = False  # it computes nothing; the layer behind it casts

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if len(as_axes("Concatenate", axis)) != 1:
            raise ArgumentError(f"Concatenate expects one int as axis; received {axis!r}.")
        (self.axis,) = as_axes("Concatenate", axis)

    def aligned(self, tensors: list[Any]) -> list[Any]:
        """The tensors as they are: :meth:`check` has seen that they fit."""
        return tensors

    def merge(self, tensors: list[Any]) -> Any:
        """Concatenate."""
        return ops.concatenate(tensors, axis=self.axis)

    def check(self, shapes: list[Shape]) -> None:
        """Raise a ShapeError unless shapes are equal except along the axis."""
        first = shapes[0]
        (axis,) = sample_axes(self.title, (self.axis,), first)
        if any(
            len(shape) != len(first) or shape[:axis] + shape[axis + 1 :] != first[:axis] + first[axis + 1 :]
            for shape in shapes
        ):
            raise self._misfit(
                shapes,
                f"shapes that are equal except along axis {self.axis}",
                "Bring them to such shapes, for instance with Flatten or Reshape",
            )


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Concatenate``."""
    register("Concatenate", Concatenate)
