"""Scores as probabilities."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["softmax"]


def softmax(x: Any, axis: int = -1) -> Any:
    """e ** x / Σ e ** x: positive numbers that sum to 1 along `axis`.

    Parameters
    ----------
    x : Tensor or array_like, shape (..., classes)
    axis : int

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    A cross-entropy loss behind it is computed from `x` itself, which is exact where the probabilities round
    to 0 or 1.
    """
    return ops.softmax(x, axis=axis)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``softmax``."""
    register("softmax", softmax)
