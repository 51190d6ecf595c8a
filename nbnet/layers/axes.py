"""Axes as users give them: an int or several, counted from either end, without the batch axis."""

from __future__ import annotations

import operator
from typing import Any

from nbnet.errors import ArgumentError, ShapeError
from nbnet.layers.shapes import Shape

__all__ = ["as_axes", "sample_axes"]


def as_axes(owner: str, axis: Any) -> tuple[int, ...]:
    """`axis`, an int or a sequence of ints, as a tuple.

    Raises
    ------
    ArgumentError
        When it is none of these.
    """
    listed = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    if not all(hasattr(item, "__index__") and not isinstance(item, bool) for item in listed):
        raise ArgumentError(f"{owner} expects axis to be an int or several ints; received {axis!r}.")
    return tuple(operator.index(item) for item in listed)


def sample_axes(title: str, axes: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """`axes` counted from the front, in rising order.

    Raises
    ------
    ShapeError
        When one is not there, is the batch axis, or is named twice.
    """
    ndim = len(shape)
    found = sorted({axis % ndim for axis in axes if -ndim <= axis < ndim})
    if len(found) != len(axes) or 0 in found:
        ends = f"from 1 to {ndim - 1} or from -1 to {1 - ndim}" if ndim > 2 else "1 or -1"
        raise ShapeError(
            f"{title} works on axis {axes[0] if len(axes) == 1 else axes}; received input {tuple(shape)}. Name axes "
            f"{ends}, each once: axis 0 is that of the batch."
        )
    return tuple(found)
