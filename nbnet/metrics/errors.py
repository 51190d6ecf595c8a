"""Mean squared and mean absolute error as metrics."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.mae import MeanAbsoluteError as AbsoluteLoss
from nbnet.losses.mse import MeanSquaredError as SquaredLoss
from nbnet.metrics.metric import MeanMetric

__all__ = ["MeanAbsoluteError", "MeanSquaredError"]


class MeanSquaredError(MeanMetric):
    """The mean of (y_true - y_pred)².

    Parameters
    ----------
    name : str, optional
    """

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        return SquaredLoss().call(y_true, y_pred)


class MeanAbsoluteError(MeanMetric):
    """The mean of |y_true - y_pred|.

    Parameters
    ----------
    name : str, optional
    """

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over the last axis."""
        return AbsoluteLoss().call(y_true, y_pred)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``mse`` and ``mae``."""
    register("mse", MeanSquaredError)
    register("mean_squared_error", MeanSquaredError)
    register("mae", MeanAbsoluteError)
    register("mean_absolute_error", MeanAbsoluteError)
