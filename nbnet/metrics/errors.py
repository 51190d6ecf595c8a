"""The losses of regression as metrics."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.cosine_similarity import CosineSimilarity as CosineLoss
from nbnet.losses.log_cosh import LogCosh
from nbnet.losses.mae import MeanAbsoluteError as AbsoluteLoss
from nbnet.losses.mape import MeanAbsolutePercentageError as PercentageLoss
from nbnet.losses.mse import MeanSquaredError as SquaredLoss
from nbnet.losses.msle import MeanSquaredLogarithmicError as LogarithmicLoss
from nbnet.metrics.metric import LossMetric

__all__ = [
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "RootMeanSquaredError",
]


class MeanSquaredError(LossMetric):
    """The mean of (y_true - y_pred)².

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(SquaredLoss(), name)


class RootMeanSquaredError(LossMetric):
    """The root of the mean of (y_true - y_pred)² over all samples, in the unit of the targets.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(SquaredLoss(), name)

    def result(self) -> Any:
        """The root of the mean."""
        return super().result() ** 0.5


class MeanAbsoluteError(LossMetric):
    """The mean of |y_true - y_pred|.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(AbsoluteLoss(), name)


class MeanAbsolutePercentageError(LossMetric):
    """The mean of 100 |y_true - y_pred| / |y_true|, as the loss of that name.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(PercentageLoss(), name)


class MeanSquaredLogarithmicError(LossMetric):
    """The mean of (ln(1 + y_true) - ln(1 + y_pred))², as the loss of that name.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(LogarithmicLoss(), name)


class LogCoshError(LossMetric):
    """The mean of ln(cosh(y_pred - y_true)).

    Parameters
    ----------
    name : str, optional
        ``"logcosh"`` when None, as in Keras.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(LogCosh(), name or "logcosh")


class CosineSimilarity(LossMetric):
    """The mean cosine of the angle between target and prediction: 1 for the same direction, -1 for the opposite.

    The loss of that name has the other sign.

    Parameters
    ----------
    name : str, optional
    axis : int
        Along which the vectors lie.
    """

    def __init__(self, name: str | None = None, axis: int = -1) -> None:
        super().__init__(CosineLoss(axis), name)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """One for each vector."""
        return -super().values(y_true, y_pred)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register ``mse``, ``mae``, ``mape``, ``msle``, ``rmse`` and the others, under their long names too."""
    register("mse", MeanSquaredError)
    register("mean_squared_error", MeanSquaredError)
    register("mae", MeanAbsoluteError)
    register("mean_absolute_error", MeanAbsoluteError)
    register("mape", MeanAbsolutePercentageError)
    register("mean_absolute_percentage_error", MeanAbsolutePercentageError)
    register("msle", MeanSquaredLogarithmicError)
    register("mean_squared_logarithmic_error", MeanSquaredLogarithmicError)
    register("rmse", RootMeanSquaredError)
    register("root_mean_squared_error", RootMeanSquaredError)
    register("logcosh", LogCoshError)
    register("log_cosh", LogCoshError)
    register("cosine_similarity", CosineSimilarity)
