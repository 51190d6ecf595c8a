"""Scores as logarithms of probabilities."""

from __future__ import annotations

from typing import Any

from nbnet.activations.activation import Activation
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["LogSoftmax", "log_softmax"]


def log_softmax(x: Any, axis: int = -1) -> Any:
    """x - log Σ e ** x along `axis`: the logarithm of the softmax, exact where that itself would be 0.

    Parameters
    ----------
    x : Tensor or array_like, shape (..., classes)
    axis : int

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.
    """
    return ops.log_softmax(x, axis=axis)


class LogSoftmax(Activation):
    """:func:`log_softmax` with its argument.

    Parameters
    ----------
    axis : int
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def __call__(self, x: Any) -> Any:
        """``log_softmax(x, axis)``."""
        return log_softmax(x, self.axis)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``log_softmax`` and its class."""
    register("log_softmax", log_softmax)
    register("LogSoftmax", LogSoftmax)
