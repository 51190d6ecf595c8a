"""Reductions over axes: sum, mean, max, min, argmax and logsumexp."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.dtypes import floating
from nbnet.graph.ops.axes import one_axis, sorted_axes
from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.compare import equal
from nbnet.graph.ops.elementwise import exp
from nbnet.graph.ops.registry import register
from nbnet.graph.ops.shape import broadcast_to, reshape
from nbnet.graph.tensor import Op, Spec, Tensor, apply, as_operand

__all__ = ["argmax", "logsumexp", "max", "mean", "min", "sum"]


def _kept(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with size 1 at the reduced axes."""
    return tuple(1 if axis in axes else size for axis, size in enumerate(shape))


def _spread(node: Tensor, value: Tensor) -> Tensor:
    """A value of the reduced shape, repeated along the reduced axes of the reduction `node`."""
    shape = node.inputs[0].shape
    return broadcast_to(reshape(value, _kept(shape, node.attrs["axes"])), shape)


def _reduction(
    name: str,
    reference: Callable[..., Any],
    gradient: Callable[[Tensor, Tensor], Any] | None,
    *,
    floats: bool = False,
    empty: bool = True,
    dtype: str | None = None,
) -> Op:
    """Register a reduction; ``empty=False``: of no elements there is no result."""

    def infer(x: Any, axes: tuple[int, ...], keepdims: bool) -> Spec:
        if not empty and any(x.shape[axis] == 0 for axis in axes):
            raise ShapeError(
                f"{name} of no elements does not exist: received shape {x.shape} to reduce over axes {axes}. "
                "Leave empty arrays out."
            )
        shape = _kept(x.shape, axes)
        if not keepdims:
            shape = tuple(size for axis, size in enumerate(shape) if axis not in axes)
        return shape, np.dtype(dtype) if dtype else x.dtype

    def quiet(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> Any:
        with np.errstate(all="ignore"):
            return reference(x, axes, keepdims)

    return register(Op(name, infer, quiet, gradient, "reduce", 0, floats))


def _count(node: Tensor) -> int:
    """Number of elements behind each result of the reduction `node`."""
    return math.prod(node.inputs[0].shape[axis] for axis in node.attrs["axes"])


def _mean(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The sum over the count; NaN where the count is 0."""
    count = math.prod(x.shape[axis] for axis in axes)
    return np.sum(x, axis=axes, keepdims=keepdims) / np.asarray(count, x.dtype)


def _logsumexp(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> Any:
    """Shifted by the largest finite number, so that nothing overflows."""
    top = np.maximum.reduce(x, axis=axes, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    result = np.log(np.sum(np.exp(x - top), axis=axes, keepdims=True)) + top
    return result if keepdims else np.squeeze(result, axis=axes)


def _extremum_gradient(node: Tensor, g: Tensor) -> tuple[Tensor]:
    """The gradient goes to the elements that are the extremum, in equal shares."""
    taken = cast(equal(node.inputs[0], _spread(node, node)), g.dtype)
    count = sum(taken, axis=node.attrs["axes"], keepdims=True)
    return (_spread(node, g) * (taken / count),)


SUM = _reduction(
    "sum", lambda x, axes, keepdims: np.sum(x, axis=axes, keepdims=keepdims), lambda node, g: (_spread(node, g),)
)
MEAN = _reduction("mean", _mean, lambda node, g: (_spread(node, g / _count(node)),), floats=True)
MAX = _reduction(
    "max", lambda x, axes, keepdims: np.max(x, axis=axes, keepdims=keepdims), _extremum_gradient, empty=False
)
MIN = _reduction(
    "min", lambda x, axes, keepdims: np.min(x, axis=axes, keepdims=keepdims), _extremum_gradient, empty=False
)
ARGMAX = _reduction(
    "argmax", lambda x, axes, keepdims: np.argmax(x, axis=axes[0], keepdims=keepdims), None, empty=False, dtype="int64"
)
LOGSUMEXP = _reduction(
    "logsumexp",
    _logsumexp,
    lambda node, g: (_spread(node, g) * exp(node.inputs[0] - _spread(node, node)),),
    floats=True,
)


def _reduce(op: Op, x: Any, axis: Any, keepdims: bool) -> Any:
    """Record the reduction; over no axes it is the operand itself."""
    axes = sorted_axes(op.name, axis, x.ndim)
    if not axes:
        return cast(x, floating(x.dtype) if op.floats else x.dtype)
    return apply(op, x, axes=axes, keepdims=bool(keepdims))


def sum(x: Any, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """The sum of the elements along axes; of none it is 0.

    Parameters
    ----------
    x : Tensor or array_like
        Bools and integers are summed as int64.
    axis : int, tuple of int or None
        Which axes to reduce; None: all. Negative axes count from the last.
    keepdims : bool
        Keep the reduced axes with size 1.

    Returns
    -------
    Tensor or array, of x's float dtype or int64

    Notes
    -----
    y = Σ x; dx = dy for each summed element.
    """
    x = as_operand(x)
    return _reduce(SUM, x if x.dtype.kind == "f" else cast(x, "int64"), axis, keepdims)


def mean(x: Any, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """The mean of the elements along axes; of none it is NaN.

    Parameters
    ----------
    x : Tensor or array_like
        Bools and integers are averaged as float32.
    axis, keepdims
        As in :func:`sum`.

    Notes
    -----
    y = Σ x / n; dx = dy / n.
    """
    return _reduce(MEAN, as_operand(x), axis, keepdims)


def max(x: Any, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """The largest element along axes; NaN if one is NaN.

    Parameters
    ----------
    x : Tensor or array_like
    axis, keepdims
        As in :func:`sum`.

    Raises
    ------
    ShapeError
        When a reduced axis has size 0.

    Notes
    -----
    The gradient goes to the largest elements, in equal shares where several are equal.
    """
    return _reduce(MAX, as_operand(x), axis, keepdims)


def min(x: Any, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """The smallest element along axes; NaN if one is NaN. Otherwise as :func:`max`."""
    return _reduce(MIN, as_operand(x), axis, keepdims)


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the largest element; the first where several are equal, the first NaN if there is one.

    Parameters
    ----------
    x : Tensor or array_like
    axis : int or None
        None: the index into the flattened `x`.
    keepdims : bool
        Keep the reduced axis (or all) with size 1.

    Returns
    -------
    Tensor or array, int64

    Raises
    ------
    ShapeError
        When there are no elements.
    """
    x = as_operand(x)
    if axis is None:
        flat = apply(ARGMAX, reshape(x, (-1,)), axes=(0,), keepdims=False)
        return reshape(flat, (1,) * x.ndim) if keepdims else flat
    return apply(ARGMAX, x, axes=(one_axis("argmax", axis, x.ndim),), keepdims=bool(keepdims))


def logsumexp(x: Any, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """log Σ e ** x along axes, without overflow; of no elements it is -inf.

    Parameters
    ----------
    x : Tensor or array_like
        Integers are computed in float32.
    axis, keepdims
        As in :func:`sum`.

    Notes
    -----
    With m = max x: y = m + log Σ e ** (x - m); dx = dy e ** (x - y), the softmax.
    """
    return _reduce(LOGSUMEXP, as_operand(x), axis, keepdims)
