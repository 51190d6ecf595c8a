"""Mean squared error."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import Loss, aligned

__all__ = ["MeanSquaredError"]


class MeanSquaredError(Loss):
    """The mean of (y_true - y_pred)².

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        return ops.mean(ops.square(y_pred - y_true), axis=-1)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``mse`` and ``mean_squared_error``."""
    register("mse", MeanSquaredError)
    register("mean_squared_error", MeanSquaredError)
