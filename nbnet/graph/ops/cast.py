"""Change of data type."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph.dtypes import as_array, as_dtype
from nbnet.graph.ops.registry import register
from nbnet.graph.tensor import Op, Tensor, apply

__all__ = ["cast"]


def _reference(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Round towards zero into integers; what does not fit an integer is not defined."""
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)


def _gradient(node: Tensor, g: Tensor) -> tuple[Any]:
    """The gradient is cast back; none flows through integers and bools."""
    return (cast(g, node.inputs[0].dtype) if node.dtype.kind == "f" else None,)


CAST = register(Op("cast", lambda x, dtype: (x.shape, dtype), _reference, _gradient, "elementwise"))


def cast(x: Any, dtype: Any) -> Any:
    """`x` as `dtype`: floats are cut towards zero, non-zero is True.

    Parameters
    ----------
    x : Tensor or array_like
    dtype : dtype
        One of bool, uint8, int32, int64, float32, float64.
    """
    wanted = as_dtype(dtype)
    if not hasattr(x, "dtype"):
        return as_array(x, wanted)[()]  # straight from Python's numbers, which hold 64 bits
    if x.dtype == wanted and isinstance(x, (Tensor, np.ndarray)):
        return x
    return apply(CAST, x, dtype=wanted)
