"""Matrix multiplication, single and batched."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.dtypes import promote
from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.registry import register
from nbnet.graph.ops.shape import reshape
from nbnet.graph.tensor import Op, Spec, Tensor, apply, as_operand

__all__ = ["matmul"]

_INT32 = np.dtype("int32")


def _infer(a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Spec:
    """Leading axes broadcast; the last two are a matrix."""
    rows, inner = a.shape[-2:] if not transpose_a else a.shape[:-3:-1]
    inner_b, columns = b.shape[-2:] if not transpose_b else b.shape[:-3:-1]
    try:
        lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        lead = None
    if lead is None or inner != inner_b:
        turned = " and ".join(name for name, turn in (("a", transpose_a), ("b", transpose_b)) if turn)
        raise ShapeError(
            f"matmul expects (…, M, K) @ (…, K, N) with one K and leading axes that broadcast; received "
            f"{a.shape} @ {b.shape}{f' with {turned} transposed' if turned else ''}. Reshape or transpose an operand."
        )
    return (*lead, rows, columns), a.dtype


def _reference(a: np.ndarray, b: np.ndarray, transpose_a: bool, transpose_b: bool) -> np.ndarray:
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    b = np.swapaxes(b, -1, -2) if transpose_b else b
    with np.errstate(all="ignore"):
        return np.matmul(a, b)


def _gradient(node: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """da = dy bᵀ and db = aᵀ dy, each transposed where the operand is."""
    a, b = node.inputs
    turn_a, turn_b = node.attrs["transpose_a"], node.attrs["transpose_b"]
    da = _product(b, g, turn_b, True) if turn_a else _product(g, b, False, not turn_b)
    db = _product(g, a, True, turn_a) if turn_b else _product(a, g, not turn_a, False)
    return da, db


MATMUL = register(Op("matmul", _infer, _reference, _gradient, "matmul", 0))


def _product(a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    """Record the product of operands that are matrices or stacks of them."""
    return apply(MATMUL, a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """The matrix product a b.

    Parameters
    ----------
    a : Tensor or array_like, shape (…, M, K), (…, K, M) with `transpose_a`, or (K,)
    b : Tensor or array_like, shape (…, K, N), (…, N, K) with `transpose_b`, or (K,)
        Leading axes broadcast. A vector `a` is a row, a vector `b` a column; that axis is left out of the
        result, and a vector is not transposed. bool and uint8 are multiplied as int32.
    transpose_a, transpose_b : bool
        Exchange the last two axes of the operand first.

    Returns
    -------
    Tensor or array, shape (…, M, N)

    Raises
    ------
    ShapeError
        When an operand has no axes, the two K differ, or the leading axes do not broadcast.

    Notes
    -----
    y = a b; da = dy bᵀ, db = aᵀ dy, summed over leading axes that were repeated.
    """
    a, b = as_operand(a), as_operand(b)
    if not a.ndim or not b.ndim:
        raise ShapeError(
            f"matmul expects operands with at least one axis; received {a.shape} @ {b.shape}. Use * for numbers."
        )
    if promote(a, b) in (np.dtype("bool"), np.dtype("uint8")):
        a, b = cast(a, _INT32), cast(b, _INT32)
    vector_a, vector_b = a.ndim == 1, b.ndim == 1
    if vector_a:
        a, transpose_a = reshape(a, (1, *a.shape)), False
    if vector_b:
        b, transpose_b = reshape(b, (*b.shape, 1)), False
    shape, _ = _infer(a, b, bool(transpose_a), bool(transpose_b))
    if a.ndim > 2 and b.ndim == 2 and not transpose_a:
        # One tall product instead of a stack of them: faster, and so is the gradient of b.
        rows = int(np.prod(a.shape[:-1], dtype=np.int64))
        result = _product(reshape(a, (rows, a.shape[-1])), b, False, bool(transpose_b))
        result = reshape(result, shape)
    else:
        result = _product(a, b, bool(transpose_a), bool(transpose_b))
    if vector_a or vector_b:
        kept = shape[:-2] + shape[-2 + vector_a : len(shape) - vector_b]
        result = reshape(result, kept)
    return result
