"""Arrays from nothing: full, zeros, ones and arange.

Inside a trace they are symbolic, a constant number repeated to a shape, so that no large array is stored in
the graph; outside a trace they are plain arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.dtypes import DEFAULT_FLOAT, as_array, as_dtype, is_weak, promote
from nbnet.graph.ops.axes import as_shape
from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.shape import broadcast_to
from nbnet.graph.tensor import Tensor, active_trace, as_operand, constant

__all__ = ["arange", "full", "full_like", "ones", "ones_like", "symbolic_full", "zeros", "zeros_like"]


def symbolic_full(shape: tuple[int, ...], value: float, dtype: Any) -> Tensor:
    """A node of `shape` filled with a number, inside a trace or not."""
    return broadcast_to(constant(value, dtype), shape)


def full(shape: Any, value: Any, dtype: Any = None) -> Any:
    """An array filled with one value.

    Parameters
    ----------
    shape : int or tuple of int
    value : number, or Tensor or array that broadcasts to `shape`
    dtype : dtype, optional
        None: the value's; of Python numbers float32, int32 or bool.

    Returns
    -------
    Tensor inside a trace, else ndarray
    """
    wanted = as_dtype(dtype) if dtype is not None else promote(value) if is_weak(value) else None
    if is_weak(value):
        item: Any = constant(value, wanted) if active_trace() is not None else as_array(value, wanted)
    else:
        item = as_operand(value)
        item = item if wanted is None else cast(item, wanted)
        if active_trace() is not None and not isinstance(item, Tensor):
            item = constant(item)
    return broadcast_to(item, as_shape("full", shape))


def zeros(shape: Any, dtype: Any = DEFAULT_FLOAT) -> Any:
    """An array of zeros: ``full(shape, 0, dtype)``."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = DEFAULT_FLOAT) -> Any:
    """An array of ones: ``full(shape, 1, dtype)``."""
    return full(shape, 1, dtype)


def full_like(x: Any, value: float, dtype: Any = None) -> Any:
    """An array of x's shape and, unless `dtype` is given, dtype, filled with a number; a Tensor if `x` is one."""
    x = as_operand(x)
    wanted = x.dtype if dtype is None else as_dtype(dtype)
    return symbolic_full(x.shape, value, wanted) if isinstance(x, Tensor) else full(x.shape, value, wanted)


def zeros_like(x: Any, dtype: Any = None) -> Any:
    """``full_like(x, 0, dtype)``."""
    return full_like(x, 0, dtype)


def ones_like(x: Any, dtype: Any = None) -> Any:
    """``full_like(x, 1, dtype)``."""
    return full_like(x, 1, dtype)


def arange(start: float, stop: float | None = None, step: float = 1, dtype: Any = None) -> Any:
    """Evenly spaced numbers: start, start + step, … up to, without, stop.

    Parameters
    ----------
    start, stop, step : int or float
        With `stop` None: from 0 to `start`.
    dtype : dtype, optional
        None: int32 for ints (int64 where they need it), float32 if one is a float.

    Returns
    -------
    Tensor inside a trace, else ndarray, shape (n,)

    Raises
    ------
    ShapeError
        When `step` is 0.
    """
    first, last = (0, start) if stop is None else (start, stop)
    if step == 0:
        raise ShapeError(f"arange from {first} to {last} expects a step that is not 0.")
    wanted = as_dtype(dtype) if dtype is not None else promote(first, last, step)
    values = np.arange(first, last, step).astype(wanted)
    return constant(values) if active_trace() is not None else values
