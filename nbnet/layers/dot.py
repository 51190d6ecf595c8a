"""Dot products of the samples of two tensors."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from nbnet.errors import ArgumentError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.axes import as_axes, sample_axes
from nbnet.layers.merge import Merge
from nbnet.layers.shapes import Shape
from nbnet.layers.unit_normalization import unit_vectors

__all__ = ["Dot"]


class Dot(Merge):
    """Products of the samples of two tensors, summed along one axis of each. It is called with a list of two.

    Parameters
    ----------
    axes : int or two ints
        The axis of each tensor that is summed over; one int stands for both. Not the batch axis.
    normalize : bool
        Bring both to length 1 along that axis first: the result is the cosine of the angle between them.
    **kwargs
        ``name``, ``trainable``, ``dtype``: see :class:`Layer`.

    Raises
    ------
    ArgumentError
        When `axes` is something else.
    ShapeError
        When the two axes have different sizes, or do not exist.

    Notes
    -----
    y[b, i…, j…] = Σ_k x[b, i…, k] z[b, j…, k], k standing for the axis, which may stand anywhere. Of two tensors
    (batch, features) the result is (batch, 1). Lengths below 1e-7 count as 1e-7, as in Keras 3.
    """

    takes = 2

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        listed = as_axes("Dot", axes)
        if len(listed) not in (1, 2) or (len(listed) == 1 and isinstance(axes, (list, tuple))):
            raise ArgumentError(f"Dot expects axes to be an int or two ints; received {axes!r}.")
        self.axes = (listed[0], operator.index(listed[-1]))
        self.normalize = bool(normalize)

    def aligned(self, tensors: list[Any]) -> list[Any]:
        """The tensors as they are: :meth:`check` has seen that they fit."""
        return tensors

    def merge(self, tensors: list[Any]) -> Any:
        """One matrix product for each sample."""
        axes = self._axes([item.shape for item in tensors])
        if self.normalize:
            tensors = [unit_vectors(item, axis, 1e-7) for item, axis in zip(tensors, axes, strict=True)]
        if all(item.ndim == 2 for item in tensors):
            return ops.sum(tensors[0] * tensors[1], axis=1, keepdims=True)
        batch = tensors[0].shape[0]
        rows: list[Any] = []
        kept: list[int] = []
        for item, axis in zip(tensors, axes, strict=True):
            others = tuple(index for index in range(1, item.ndim) if index != axis)
            sizes = tuple(item.shape[index] for index in others)
            turned = ops.transpose(item, (0, *others, axis))
            rows.append(ops.reshape(turned, (batch, math.prod(sizes), item.shape[axis])))
            kept += sizes
        return ops.reshape(ops.matmul(rows[0], rows[1], transpose_b=True), (batch, *kept))

    def check(self, shapes: list[Shape]) -> None:
        """Raise a ShapeError unless the two axes have one size and batch sizes are equal."""
        first, second = self._axes(shapes)
        if shapes[0][0] != shapes[1][0]:
            raise self._misfit(shapes, "tensors with one batch size", "Give each the same number of samples")
        if shapes[0][first] != shapes[1][second]:
            raise self._misfit(
                shapes,
                f"one size on axes {self.axes}",
                f"They have {shapes[0][first]} and {shapes[1][second]} there: name others, or put a Dense before one",
            )

    def _axes(self, shapes: list[Any]) -> tuple[int, int]:
        """The axis of each, counted from the front."""
        first, second = (
            sample_axes(self.title, (axis,), shape)[0] for axis, shape in zip(self.axes, shapes, strict=True)
        )
        return first, second


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Dot``."""
    register("Dot", Dot)
