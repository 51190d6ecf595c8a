"""Axis and shape arguments: checked, and brought to one form before they become attributes of a node."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from nbnet.errors import ShapeError

__all__ = ["as_shape", "one_axis", "sorted_axes"]


def as_shape(name: str, shape: Any) -> tuple[int, ...]:
    """`shape` as a tuple of sizes; an int is a shape of one axis.

    Raises
    ------
    ShapeError
        When it is not made of whole numbers that are 0 or more.
    """
    try:
        sizes = (
            tuple(operator.index(size) for size in shape) if isinstance(shape, Sequence) else (operator.index(shape),)
        )
    except TypeError:
        raise ShapeError(
            f"{name} expects a shape, an int or a tuple of ints such as (2, 3); received {shape!r}."
        ) from None
    if any(size < 0 for size in sizes):
        raise ShapeError(f"{name} expects a shape of sizes 0 or more; received {sizes}.")
    return sizes


def one_axis(name: str, axis: Any, ndim: int) -> int:
    """`axis` counted from the front.

    Raises
    ------
    ShapeError
        When it is not an int or there is no such axis.
    """
    try:
        index = operator.index(axis)
    except TypeError:
        raise ShapeError(f"{name} expects an int as axis; received {axis!r}.") from None
    if not -ndim <= index < ndim:
        where = f"axes {-ndim} to {ndim - 1}" if ndim else "no axes"
        raise ShapeError(f"{name} was asked for axis {index} of a tensor that has {where}.")
    return index % ndim


def sorted_axes(name: str, axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` (None: all; an int; several ints) names, counted from the front, in rising order.

    Raises
    ------
    ShapeError
        When an axis does not exist or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = sorted(one_axis(name, item, ndim) for item in listed)
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{name} was given an axis twice: {axis!r} for {ndim} axes.")
    return tuple(axes)
