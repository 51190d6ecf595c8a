"""Softmax and its logarithm along one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph.ops.axes import one_axis
from nbnet.graph.ops.elementwise import exp
from nbnet.graph.ops.reduce import sum
from nbnet.graph.ops.registry import register
from nbnet.graph.tensor import Op, Tensor, apply, as_operand

__all__ = ["log_softmax", "softmax"]


def _shifted(x: np.ndarray, axis: int) -> np.ndarray:
    """x minus its largest element along `axis`, so that exp cannot overflow."""
    return x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        e = np.exp(_shifted(x, axis))
        return e / np.sum(e, axis=axis, keepdims=True)


def _log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        shifted = _shifted(x, axis)
        return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _softmax_gradient(node: Tensor, g: Tensor) -> tuple[Tensor]:
    """dx = y (dy - Σ dy y)."""
    return (node * (g - sum(g * node, axis=node.attrs["axis"], keepdims=True)),)


def _log_softmax_gradient(node: Tensor, g: Tensor) -> tuple[Tensor]:
    """dx = dy - e ** y Σ dy."""
    return (g - exp(node) * sum(g, axis=node.attrs["axis"], keepdims=True),)


SOFTMAX = register(
    Op("softmax", lambda x, axis: (x.shape, x.dtype), _softmax, _softmax_gradient, "softmax", 0, floats=True)
)
LOG_SOFTMAX = register(
    Op(
        "log_softmax",
        lambda x, axis: (x.shape, x.dtype),
        _log_softmax,
        _log_softmax_gradient,
        "softmax",
        0,
        floats=True,
    )
)


def softmax(x: Any, axis: int = -1) -> Any:
    """Positive weights that sum to 1 along `axis`.

    Parameters
    ----------
    x : Tensor or array_like, at least one axis
        Logits; integers are computed in float32.
    axis : int

    Returns
    -------
    Tensor or array, of x's shape

    Notes
    -----
    y = e ** (x - m) / Σ e ** (x - m), m = max x; dx = y (dy - Σ dy y).
    """
    x = as_operand(x)
    return apply(SOFTMAX, x, axis=one_axis("softmax", axis, x.ndim))


def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of :func:`softmax`, exact where the softmax itself would be 0.

    Parameters
    ----------
    x : Tensor or array_like, at least one axis
        Logits; integers are computed in float32.
    axis : int

    Returns
    -------
    Tensor or array, of x's shape

    Notes
    -----
    y = x - m - log Σ e ** (x - m), m = max x; dx = dy - e ** y Σ dy.
    """
    x = as_operand(x)
    return apply(LOG_SOFTMAX, x, axis=one_axis("log_softmax", axis, x.ndim))
