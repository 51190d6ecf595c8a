"""Impute: missing numbers become what was usual in the training inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.axes import as_statistic
from nbnet.preprocessing.step import Step

__all__ = ["STRATEGIES", "Impute", "most_frequent"]

STRATEGIES = ("mean", "median", "most_frequent", "constant")


class Impute(Step):
    """Replace NaN, value by value of a sample, as scikit-learn's ``SimpleImputer``.

    Parameters
    ----------
    strategy : "mean", "median", "most_frequent" or "constant"
        Of the training values that are not missing. Of several most frequent ones the least is taken.
    fill_value : float, optional
        For the strategy "constant"; default 0.
    statistics : array_like, optional
        The replacements where they are known already. They have the shape of a sample.

    Notes
    -----
    ``nbnet.Data`` takes inputs with NaN when its `preprocess` has such a step.

    Examples
    --------
    >>> step = Impute("mean").fit(np.array([[1.0, 5.0], [3.0, np.nan]]))
    >>> step(np.array([[np.nan, 2.0]]))
    array([[2., 2.]])
    """

    takes_missing = True

    def __init__(self, strategy: str = "mean", fill_value: float | None = None, statistics: Any = None) -> None:
        if strategy not in STRATEGIES:
            raise DataError(
                f"Impute expects a strategy of {', '.join(map(repr, STRATEGIES))}; received {strategy!r:.60}."
            )
        if fill_value is not None and strategy != "constant":
            raise DataError(f"Impute takes a fill_value for the strategy 'constant' only; received {strategy!r}.")
        self.strategy = strategy
        self.fill_value = None if fill_value is None else float(as_statistic(fill_value, "fill_value", "Impute"))
        self.statistics = None if statistics is None else as_statistic(statistics, "statistics", "Impute")

    @property
    def fitted(self) -> bool:
        """Whether the replacements are known."""
        return self.statistics is not None

    def fit(self, x: np.ndarray) -> Impute:
        """Learn the replacement of each value of a sample.

        Parameters
        ----------
        x : ndarray, shape (N, ...)
            NaN where a value is missing.

        Returns
        -------
        Impute
            The step itself.

        Raises
        ------
        DataError
            When a value is missing in all samples, unless the strategy is "constant".
        """
        if self.strategy == "constant":
            self.statistics = np.full(x.shape[1:], self.fill_value or 0.0)
            return self
        values = x.reshape(len(x), int(np.prod(x.shape[1:]))).astype(np.float64)
        empty = np.isnan(values).all(axis=0)
        if empty.any():
            place = np.unravel_index(int(np.argmax(empty)), x.shape[1:] or (1,))
            raise DataError(
                f"Impute: the value at position {tuple(map(int, place))} is missing in all {len(x)} training samples. "
                "Leave it out, or use Impute('constant')."
            )
        if self.strategy == "mean":
            found = np.nanmean(values, axis=0)
        elif self.strategy == "median":
            found = np.nanmedian(values, axis=0)
        else:
            found = np.array([most_frequent(column[~np.isnan(column)]) for column in values.T])
        self.statistics = found.reshape(x.shape[1:])
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Inputs without NaN, of the same shape and dtype.

        Raises
        ------
        DataError
            Before `fit`, or when the samples have another shape than those of the fit.
        """
        if self.statistics is None:
            raise DataError("Impute is not fitted. Give it to nbnet.Data(preprocess=...), or call fit(x_train) first.")
        if x.shape[1:] != self.statistics.shape:
            raise DataError(f"Impute was fitted to samples {self.statistics.shape}; received samples {x.shape[1:]}.")
        if x.dtype.kind != "f":
            return x
        return np.where(np.isnan(x), self.statistics.astype(x.dtype), x)

    def get_config(self) -> dict[str, Any]:
        """The arguments and the replacements as nested lists."""
        return {
            "strategy": self.strategy,
            "fill_value": self.fill_value,
            "statistics": None if self.statistics is None else self.statistics.tolist(),
        }

    def __repr__(self) -> str:
        """Strategy and state."""
        return f"Impute({self.strategy!r}, {'fitted' if self.fitted else 'not fitted'})"


def most_frequent(values: np.ndarray) -> float:
    """The most frequent number; of several the least."""
    distinct, counts = np.unique(values, return_counts=True)
    return float(distinct[np.argmax(counts)])
