"""Standardize: zero mean and unit variance, learned from the training inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.axes import as_axis, as_statistic, kept_axes
from nbnet.preprocessing.step import Step

__all__ = ["Standardize"]

_CHUNK = 1 << 20


class Standardize(Step):
    """Subtract the mean and divide by the standard deviation of the training inputs.

    Parameters
    ----------
    axis : int, tuple of int or None
        The axes that keep a mean of their own, counted with the batch axis, which cannot be one of them. -1: one for
        each feature or channel; None: one for all values.
    mean, std : array_like, optional
        Statistics that are known already; both or none. They broadcast against a sample.

    Notes
    -----
    ``y = (x - mean) / std`` with the population's standard deviation; where it is 0 (a constant feature), 1 is taken.
    Statistics are computed in float64, the result is float32.

    Examples
    --------
    >>> step = Standardize().fit(np.array([[1.0, 7.0], [3.0, 7.0]]))
    >>> step(np.array([[5.0, 8.0]]))
    array([[3., 1.]], dtype=float32)
    """

    def __init__(self, axis: int | tuple[int, ...] | None = -1, mean: Any = None, std: Any = None) -> None:
        self.axis = as_axis(axis, "Standardize")
        if (mean is None) != (std is None):
            raise DataError("Standardize expects both mean and std, or none of them to learn them from the data.")
        self.mean = None if mean is None else as_statistic(mean, "mean", "Standardize")
        self.std = None if std is None else as_statistic(std, "std", "Standardize")
        if self.mean is not None and self.std is not None:
            if self.mean.shape != self.std.shape:
                raise DataError(
                    f"Standardize expects mean and std of one shape; received {self.mean.shape} and {self.std.shape}."
                )
            if not (self.std > 0).all():
                raise DataError(f"Standardize expects a std above 0; received {self.std.min()}.")

    @property
    def fitted(self) -> bool:
        """Whether mean and std are known."""
        return self.mean is not None

    def fit(self, x: np.ndarray) -> Standardize:
        """Learn mean and standard deviation.

        Parameters
        ----------
        x : ndarray, shape (N, ...)

        Returns
        -------
        Standardize
            The step itself.

        Raises
        ------
        DataError
            When `axis` does not fit the shape of `x`.
        """
        kept = kept_axes(self.axis, x.ndim, "Standardize")
        over = tuple(axis for axis in range(x.ndim) if axis not in kept)
        count = np.prod([x.shape[axis] for axis in over])
        rows = max(1, _CHUNK // max(1, x[:1].size))
        chunks = range(0, len(x), rows)
        # Two passes over slices: exact enough for any offset, and no second copy of the data.
        total = sum(x[start : start + rows].sum(axis=over, dtype=np.float64, keepdims=True) for start in chunks)
        mean = np.asarray(total / count)
        squares = sum(np.square(x[start : start + rows] - mean).sum(axis=over, keepdims=True) for start in chunks)
        std = np.sqrt(np.asarray(squares / count))
        self.mean, self.std = mean[0], np.where(std == 0, 1.0, std)[0]
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Standardized inputs, float32, of the same shape.

        Raises
        ------
        DataError
            Before `fit`, or when the samples have another shape than those of the fit.
        """
        if self.mean is None or self.std is None:
            raise DataError(
                "Standardize is not fitted. Give it to nbnet.Data(preprocess=...), or call fit(x_train) first."
            )
        wide = np.dtype("float64" if x.dtype.itemsize == 8 else "float32")
        centred: np.ndarray = x.astype(wide)
        try:
            np.subtract(centred, self.mean.astype(wide), out=centred)
        except ValueError as error:
            raise DataError(
                f"Standardize was fitted to samples that broadcast against {self.mean.shape}; received samples "
                f"{x.shape[1:]}."
            ) from error
        np.divide(centred, self.std.astype(wide), out=centred)
        return centred.astype(np.float32, copy=False)

    def get_config(self) -> dict[str, Any]:
        """The axis and the statistics as nested lists."""
        return {
            "axis": list(self.axis) if isinstance(self.axis, tuple) else self.axis,
            "mean": None if self.mean is None else self.mean.tolist(),
            "std": None if self.std is None else self.std.tolist(),
        }

    def __repr__(self) -> str:
        """Axis and state."""
        return f"Standardize(axis={self.axis!r}, {'fitted' if self.fitted else 'not fitted'})"
