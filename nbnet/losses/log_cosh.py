"""Logarithm of the hyperbolic cosine."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import Loss, aligned

__all__ = ["LogCosh"]


class LogCosh(Loss):
    """The mean of ln(cosh(y_pred - y_true)): e² / 2 for a small error e, |e| - ln 2 for a large one.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    Computed as e + softplus(-2 e) - ln 2, which does not overflow. The gradient is tanh(e).
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        error = y_pred - y_true
        return ops.mean(error + ops.softplus(-2 * error) - math.log(2), axis=-1)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``log_cosh`` and ``logcosh``."""
    register("log_cosh", LogCosh)
    register("logcosh", LogCosh)
