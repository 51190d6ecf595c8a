"""Mean absolute error."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.loss import Loss, aligned

__all__ = ["MeanAbsoluteError"]


class MeanAbsoluteError(Loss):
    """The mean of |y_true - y_pred|.

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
        return ops.mean(ops.abs(y_pred - y_true), axis=-1)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``mae`` and ``mean_absolute_error``."""
    register("mae", MeanAbsoluteError)
    register("mean_absolute_error", MeanAbsoluteError)
