"""Mean squared logarithmic error."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import EPSILON, check_between
from nbnet.losses.loss import Loss, aligned

__all__ = ["MeanSquaredLogarithmicError"]


class MeanSquaredLogarithmicError(Loss):
    """The mean of (ln(1 + y_true) - ln(1 + y_pred))²: the error in proportion, for targets that grow by factors.

    Parameters
    ----------
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    name : str, optional

    Notes
    -----
    Predictions and targets below 1e-7 count as 1e-7, as in Keras, so a prediction below it has no gradient: give the
    last layer an activation such as softplus. scikit-learn refuses what is not above -1.
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        y_true, y_pred = aligned(y_true, y_pred, self.name)
        true, pred = (ops.log1p(ops.maximum(y, EPSILON)) for y in (y_true, y_pred))
        return ops.mean(ops.square(pred - true), axis=-1)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are not negative."""
        super().check(y_true, output_shape)
        check_between(y_true, 0, np.inf, self.name, "Shift the targets, or take 'mse'.")


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``msle`` and ``mean_squared_logarithmic_error``."""
    register("msle", MeanSquaredLogarithmicError)
    register("mean_squared_logarithmic_error", MeanSquaredLogarithmicError)
