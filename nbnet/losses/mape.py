"""Mean absolute percentage error."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import EPSILON
from nbnet.losses.loss import Loss, aligned

__all__ = ["MeanAbsolutePercentageError"]


class MeanAbsolutePercentageError(Loss):
    """The mean of 100 |y_true - y_pred| / |y_true|.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    |y_true| counts as at least 1e-7, as in Keras: a target of 0 outweighs all others, and such data want another
    loss. scikit-learn's is not multiplied by 100 and takes 2.2e-16 for 1e-7.
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        return 100 * ops.mean(ops.abs(y_pred - y_true) / ops.maximum(ops.abs(y_true), EPSILON), axis=-1)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``mape`` and ``mean_absolute_percentage_error``."""
    register("mape", MeanAbsolutePercentageError)
    register("mean_absolute_percentage_error", MeanAbsolutePercentageError)
