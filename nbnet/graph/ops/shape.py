"""The same elements in another shape or order, or repeated: reshape, transpose, broadcast_to and relatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.ops.axes import as_shape, one_axis, sorted_axes
from nbnet.graph.ops.registry import register
from nbnet.graph.tensor import Op, Spec, apply, as_operand

__all__ = ["broadcast_to", "expand_dims", "reshape", "squeeze", "transpose"]

Shape = tuple[int, ...]


def shape_op(name: str, infer: Callable[..., Spec], reference: Callable[..., Any], gradient: Callable[..., Any]) -> Op:
    """Register an op that moves elements and computes nothing."""
    return register(Op(name, infer, reference, gradient, "shape", promotes=0))


RESHAPE = shape_op(
    "reshape",
    lambda x, shape: (shape, x.dtype),
    lambda x, shape: np.reshape(x, shape),
    lambda node, g: (reshape(g, node.inputs[0].shape),),
)
TRANSPOSE = shape_op(
    "transpose",
    lambda x, axes: (tuple(x.shape[axis] for axis in axes), x.dtype),
    lambda x, axes: np.transpose(x, axes),
    lambda node, g: (transpose(g, tuple(np.argsort(node.attrs["axes"]).tolist())),),
)
BROADCAST = shape_op(
    "broadcast",
    lambda x, shape: (shape, x.dtype),
    lambda x, shape: np.array(np.broadcast_to(x, shape)),
    lambda node, g: (g,),  # the caller sums over the repeated axes
)


def reshape(x: Any, shape: Any) -> Any:
    """The same elements in another shape, in C order (the last axis varies fastest).

    Parameters
    ----------
    x : Tensor or array_like
    shape : int or tuple of int
        One size may be -1: what is left over.

    Raises
    ------
    ShapeError
        When the number of elements differs.
    """
    x = as_operand(x)
    listed = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    unknown = [index for index, size in enumerate(listed) if isinstance(size, int) and size == -1]
    sizes = list(as_shape("reshape", tuple(1 if index in unknown else size for index, size in enumerate(listed))))
    known = math.prod(sizes)
    if len(unknown) == 1 and known and x.size % known == 0:
        sizes[unknown[0]] = x.size // known
    if len(unknown) > 1 or math.prod(sizes) != x.size or (unknown and not known):
        hint = " With a size of 0, -1 is not defined: write the size." if unknown and not known else ""
        raise ShapeError(f"reshape of {x.shape} ({x.size} elements) to {listed} is not possible.{hint}")
    return x if tuple(sizes) == x.shape else apply(RESHAPE, x, shape=tuple(sizes))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Axes in another order: axis i of the result is axis ``axes[i]`` of `x`.

    Parameters
    ----------
    x : Tensor or array_like
    axes : sequence of int, optional
        Each axis once; None: the order is reversed.

    Raises
    ------
    ShapeError
        When `axes` does not name each axis once.
    """
    x = as_operand(x)
    order = (
        tuple(reversed(range(x.ndim))) if axes is None else tuple(one_axis("transpose", axis, x.ndim) for axis in axes)
    )
    if sorted(order) != list(range(x.ndim)):
        raise ShapeError(f"transpose expects each of the {x.ndim} axes of {x.shape} once; received {axes!r}.")
    return x if order == tuple(range(x.ndim)) else apply(TRANSPOSE, x, axes=order)


def broadcast_to(x: Any, shape: Any) -> Any:
    """`x` repeated to `shape`: new axes in front, and along axes of size 1.

    Parameters
    ----------
    x : Tensor or array_like
    shape : int or tuple of int

    Raises
    ------
    ShapeError
        When `x` does not fit.
    """
    x, wanted = as_operand(x), as_shape("broadcast_to", shape)
    lead = len(wanted) - x.ndim
    if lead < 0 or any(size not in (1, full) for size, full in zip(x.shape, wanted[lead:], strict=True)):
        raise ShapeError(
            f"broadcast_to cannot repeat {x.shape} to {wanted}: counted from the last axis, sizes must be equal or 1."
        )
    return x if wanted == x.shape else apply(BROADCAST, x, shape=wanted)


def expand_dims(x: Any, axis: int | tuple[int, ...]) -> Any:
    """New axes of size 1; `axis` says where they stand in the result."""
    x = as_operand(x)
    ndim = x.ndim + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    new, sizes = sorted_axes("expand_dims", axis, ndim), iter(x.shape)
    return reshape(x, tuple(1 if index in new else next(sizes) for index in range(ndim)))


def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Without axes of size 1: those that `axis` names (ShapeError if one is larger), or all."""
    x = as_operand(x)
    gone = (
        sorted_axes("squeeze", axis, x.ndim) if axis is not None else tuple(i for i, n in enumerate(x.shape) if n == 1)
    )
    if any(x.shape[index] != 1 for index in gone):
        raise ShapeError(f"squeeze expects axes of size 1; received axis {axis!r} of {x.shape}.")
    return reshape(x, tuple(size for index, size in enumerate(x.shape) if index not in gone))
