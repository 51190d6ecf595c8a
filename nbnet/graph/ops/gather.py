"""Picking by number: gather, its gradient scatter_add, and one_hot."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from nbnet.errors import DataError, DTypeError, ShapeError
from nbnet.graph.dtypes import as_dtype
from nbnet.graph.ops.axes import as_shape, one_axis
from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.registry import register
from nbnet.graph.tensor import Op, Tensor, apply, as_operand

__all__ = ["gather", "one_hot", "scatter_add"]

Shape = tuple[int, ...]


def _integers(name: str, indices: Any) -> Any:
    """The operand, checked to hold integers."""
    indices = as_operand(indices)
    if indices.dtype.kind not in "iu":
        raise DTypeError(
            f"{name} expects integers as indices; received {indices.dtype}. Use ops.cast(indices, 'int64')."
        )
    return indices


def _in_range(name: str, indices: np.ndarray, size: int) -> np.ndarray:
    """Indices counted from the front.

    Raises
    ------
    DataError
        At the first index outside [-size, size).
    """
    bad = (indices < -size) | (indices >= size)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"{name} expects indices in [{-size}, {size}); received {indices[at]} at position {at}, the first of "
            f"{int(bad.sum())} outside. Correct the indices, or build the table for more rows."
        )
    return np.where(indices < 0, indices.astype(np.int64) + size, indices).astype(np.int64)


def _gather(x: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    return np.take(x, _in_range("gather", indices, x.shape[axis]), axis=axis)


def _scatter_add(indices: np.ndarray, updates: np.ndarray, shape: Shape, axis: int) -> np.ndarray:
    """One index after the other, in C order, so that the rounding is defined."""
    result = np.zeros(shape, updates.dtype)
    rows = _in_range("scatter_add", indices, shape[axis]).reshape(-1)
    flat = updates.reshape((*shape[:axis], rows.size, *shape[axis + 1 :]))
    with np.errstate(all="ignore"):
        np.add.at(np.moveaxis(result, axis, 0), rows, np.moveaxis(flat, axis, 0))
    return result


def _one_hot(indices: np.ndarray, depth: int, dtype: np.dtype) -> np.ndarray:
    return (indices[..., None] == np.arange(depth)).astype(dtype)


GATHER = register(
    Op("gather", lambda x, indices, axis: (x.shape[:axis] + indices.shape + x.shape[axis + 1 :], x.dtype), _gather,
       lambda node, g: (_scatter(node.inputs[0].shape, node.inputs[1], g, node.attrs["axis"]), None), "gather")
)  # fmt: skip
SCATTER_ADD = register(
    Op("scatter_add", lambda indices, updates, shape, axis: (shape, updates.dtype), _scatter_add,
       lambda node, g: (None, gather(g, node.inputs[0], node.attrs["axis"])), "gather")
)  # fmt: skip
ONE_HOT = register(
    Op("one_hot", lambda indices, depth, dtype: ((*indices.shape, depth), dtype), _one_hot, None, "one_hot")
)


def _scatter(shape: Shape, indices: Tensor, updates: Any, axis: int) -> Any:
    """Record the scatter of operands that are known to fit."""
    return apply(SCATTER_ADD, indices, updates, shape=shape, axis=axis)


def gather(x: Any, indices: Any, axis: int = 0) -> Any:
    """The slices of `x` with the given numbers along an axis, as ``numpy.take``.

    Parameters
    ----------
    x : Tensor or array_like, at least one axis
    indices : Tensor or array_like of uint8, int32 or int64
        Each in [-n, n), n the size of the axis; negative ones count from the end.
    axis : int

    Returns
    -------
    Tensor or array, shape ``x.shape[:axis] + indices.shape + x.shape[axis + 1:]``

    Raises
    ------
    DataError
        When an index lies outside.

    Notes
    -----
    y[i] = x[indices[i]]; dx = :func:`scatter_add` of dy, always summed in the same order.
    """
    x, indices = as_operand(x), _integers("gather", indices)
    return apply(GATHER, x, indices, axis=one_axis("gather", axis, x.ndim))


def scatter_add(shape: Any, indices: Any, updates: Any, axis: int = 0) -> Any:
    """Zeros of `shape` to which slices are added by number.

    Parameters
    ----------
    shape : tuple of int
    indices : Tensor or array_like of integers
        Each in [-n, n), n = ``shape[axis]``; a number may come several times.
    updates : Tensor or array_like, shape ``shape[:axis] + indices.shape + shape[axis + 1:]``
        bool is added as int32.
    axis : int

    Raises
    ------
    ShapeError
        When `updates` does not fit.
    DataError
        When an index lies outside.

    Notes
    -----
    y = 0; y[indices[i]] += updates[i] in the order of i, so the result is the same bits each time. The gradient
    in `updates` is :func:`gather`.
    """
    full, indices, updates = as_shape("scatter_add", shape), _integers("scatter_add", indices), as_operand(updates)
    along = one_axis("scatter_add", axis, len(full))
    wanted = full[:along] + indices.shape + full[along + 1 :]
    if updates.shape != wanted:
        raise ShapeError(
            f"scatter_add into {full} along axis {along} expects updates of shape {wanted}; received {updates.shape}."
        )
    return _scatter(full, indices, cast(updates, "int32") if updates.dtype == np.bool_ else updates, along)


def one_hot(indices: Any, depth: int, dtype: Any = "float32") -> Any:
    """1 at the number's place along a new last axis, 0 elsewhere.

    Parameters
    ----------
    indices : Tensor or array_like of integers or bool
    depth : int
        Size of the new axis. A number outside [0, depth) gives zeros only.
    dtype : dtype

    Returns
    -------
    Tensor or array, shape ``indices.shape + (depth,)``

    Notes
    -----
    y[i, k] = 1 if indices[i] = k else 0. It has no gradient.
    """
    indices = as_operand(indices)
    if indices.dtype == np.bool_:
        indices = cast(indices, "uint8")
    (size,) = as_shape("one_hot", (operator.index(depth),))
    return apply(ONE_HOT, _integers("one_hot", indices), depth=size, dtype=as_dtype(dtype))
