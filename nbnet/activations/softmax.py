"""Scores as probabilities."""

from __future__ import annotations

from typing import Any

from nbnet.activations.activation import Activation
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["Softmax", "softmax"]


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


class Softmax(Activation):
    """:func:`softmax` with its argument.

    Parameters
    ----------
    axis : int
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def __call__(self, x: Any) -> Any:
        """``softmax(x, axis)``."""
        return softmax(x, self.axis)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``softmax`` and its class."""
    register("softmax", softmax)
    register("Softmax", Softmax)
