"""What ``x[key]`` means: slices, single positions, new axes, or rows by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.ops.gather import gather
from nbnet.graph.ops.pieces import strided_slice
from nbnet.graph.ops.shape import reshape
from nbnet.graph.tensor import Tensor, Variable, as_operand

__all__ = ["getitem"]


def _is_position(item: Any) -> bool:
    """Whether `item` is one whole number."""
    return isinstance(item, (int, np.integer)) and not isinstance(item, (bool, np.bool_))


def _full_key(x: Any, key: Any) -> list[Any]:
    """The key as a list in which every axis of `x` has an int or a slice, with None for new axes.

    Raises
    ------
    ShapeError
        When something else stands in it, or there are more items than axes.
    """
    items = list(key) if isinstance(key, tuple) else [key]
    for item in items:
        if not (item is None or item is Ellipsis or isinstance(item, slice) or _is_position(item)):
            raise ShapeError(
                f"x[…] takes ints, slices, None, … or one array of row numbers; received {type(item).__name__} "
                f"for shape {x.shape}. Use ops.gather(x, indices, axis) along other axes, ops.where for a condition."
            )
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > x.ndim or sum(item is Ellipsis for item in items) > 1:
        raise ShapeError(f"x[{key!r}] names {used} axes of {x.shape}, which has {x.ndim}; … may stand once.")
    rest = [slice(None)] * (x.ndim - used)
    if any(item is Ellipsis for item in items):
        at = next(index for index, item in enumerate(items) if item is Ellipsis)
        return items[:at] + rest + items[at + 1 :]
    return items + rest


def getitem(x: Any, key: Any) -> Any:
    """``x[key]``, as NumPy indexes with ints, slices (steps may be negative), None and Ellipsis.

    Parameters
    ----------
    x : Tensor or array_like
    key : int, slice, None, Ellipsis, a tuple of these, or integers of any shape
        An array, a list or a Tensor of integers picks along axis 0: :func:`~nbnet.graph.ops.gather.gather`.

    Raises
    ------
    ShapeError
        When a position lies outside, or the key is of another kind (a condition, arrays in a tuple).
    """
    x = as_operand(x)
    if isinstance(key, (list, np.ndarray, Tensor, Variable)):
        rows = as_operand(key)
        if rows.dtype == np.bool_:
            raise ShapeError(
                f"x[condition] would have a shape that depends on numbers; received a condition of shape {rows.shape}. "
                "Use ops.where(condition, x, 0) and reduce."
            )
        return gather(x, rows, axis=0)
    starts: list[int] = []
    stops: list[int] = []
    steps: list[int] = []
    shape: list[int] = []
    for item in _full_key(x, key):
        if item is None:
            shape.append(1)
            continue
        size = x.shape[len(starts)]
        if isinstance(item, slice):
            if item.step is not None and item.step == 0:
                raise ShapeError(f"x[{key!r}]: the step of a slice cannot be 0.")
            start, stop, step = item.indices(size)
            shape.append(len(range(start, stop, step)))
        else:
            if not -size <= item < size:
                raise ShapeError(f"x[{key!r}]: position {item} lies outside axis {len(starts)} of {x.shape}.")
            start, step = int(item) % size, 1
            stop = start + 1
        starts.append(start)
        stops.append(stop)
        steps.append(step)
    return reshape(strided_slice(x, tuple(starts), tuple(stops), tuple(steps)), tuple(shape))
