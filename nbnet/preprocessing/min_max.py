"""MinMax: a range learned from the training inputs becomes a given one."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.axes import as_axis, as_statistic, kept_axes
from nbnet.preprocessing.step import Step

__all__ = ["MinMax"]


class MinMax(Step):
    """Map the least and the greatest training value to the ends of a range, as scikit-learn's ``MinMaxScaler``.

    Parameters
    ----------
    feature_range : tuple (low, high) of float
        What the least and the greatest value become; low < high.
    axis : int, tuple of int or None
        The axes that keep a range of their own, counted with the batch axis, which cannot be one of them. -1: one for
        each feature or channel; None: one for all values.
    clip : bool
        Keep later inputs, which may lie outside the range of the training inputs, within `feature_range`.
    minimum, maximum : array_like, optional
        A range that is known already; both or none. They broadcast against a sample.

    Notes
    -----
    ``y = low + (x - minimum) / (maximum - minimum) * (high - low)``; where both are equal (a constant feature),
    1 is taken for their difference. Computed in float64, the result is float32.

    Examples
    --------
    >>> step = MinMax().fit(np.array([[1.0, 7.0], [3.0, 7.0]]))
    >>> step(np.array([[2.0, 8.0]]))
    array([[0.5, 1. ]], dtype=float32)
    """

    def __init__(
        self,
        feature_range: tuple[float, float] = (0.0, 1.0),
        axis: int | tuple[int, ...] | None = -1,
        clip: bool = False,
        minimum: Any = None,
        maximum: Any = None,
    ) -> None:
        ends = as_statistic(feature_range, "feature_range", "MinMax")
        if ends.shape != (2,) or not ends[0] < ends[1]:
            raise DataError(
                f"MinMax expects feature_range=(low, high) with low < high; received {feature_range!r:.60}."
            )
        if not isinstance(clip, bool):
            raise DataError(f"MinMax expects clip as True or False; received {clip!r:.60}.")
        self.feature_range = (float(ends[0]), float(ends[1]))
        self.axis = as_axis(axis, "MinMax")
        self.clip = clip
        if (minimum is None) != (maximum is None):
            raise DataError("MinMax expects both minimum and maximum, or none of them to learn them from the data.")
        self.minimum = None if minimum is None else as_statistic(minimum, "minimum", "MinMax")
        self.maximum = None if maximum is None else as_statistic(maximum, "maximum", "MinMax")
        if self.minimum is not None and self.maximum is not None:
            if self.minimum.shape != self.maximum.shape:
                raise DataError(
                    f"MinMax expects minimum and maximum of one shape; received {self.minimum.shape} and "
                    f"{self.maximum.shape}."
                )
            if (self.minimum > self.maximum).any():
                raise DataError("MinMax expects a minimum that is nowhere above the maximum.")

    @property
    def fitted(self) -> bool:
        """Whether the range is known."""
        return self.minimum is not None

    def fit(self, x: np.ndarray) -> MinMax:
        """Learn the least and the greatest value.

        Parameters
        ----------
        x : ndarray, shape (N, ...)

        Returns
        -------
        MinMax
            The step itself.

        Raises
        ------
        DataError
            When `axis` does not fit the shape of `x`.
        """
        kept = kept_axes(self.axis, x.ndim, "MinMax")
        over = tuple(axis for axis in range(x.ndim) if axis not in kept)
        self.minimum = np.asarray(x.min(axis=over, keepdims=True), np.float64)[0]
        self.maximum = np.asarray(x.max(axis=over, keepdims=True), np.float64)[0]
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Scaled inputs, float32, of the same shape.

        Raises
        ------
        DataError
            Before `fit`, or when the samples have another shape than those of the fit.
        """
        if self.minimum is None or self.maximum is None:
            raise DataError("MinMax is not fitted. Give it to nbnet.Data(preprocess=...), or call fit(x_train) first.")
        low, high = self.feature_range
        extent = self.maximum - self.minimum
        scale = (high - low) / np.where(extent == 0, 1.0, extent)
        try:
            scaled: np.ndarray = x - self.minimum
        except ValueError as error:
            raise DataError(
                f"MinMax was fitted to samples that broadcast against {self.minimum.shape}; received samples "
                f"{x.shape[1:]}."
            ) from error
        if scaled.shape != x.shape:
            raise DataError(
                f"MinMax was fitted to samples that broadcast against {self.minimum.shape}; received samples "
                f"{x.shape[1:]}."
            )
        np.multiply(scaled, scale, out=scaled)
        np.add(scaled, low, out=scaled)
        if self.clip:
            np.clip(scaled, low, high, out=scaled)
        return scaled.astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        """The arguments and the range as nested lists."""
        return {
            "feature_range": list(self.feature_range),
            "axis": list(self.axis) if isinstance(self.axis, tuple) else self.axis,
            "clip": self.clip,
            "minimum": None if self.minimum is None else self.minimum.tolist(),
            "maximum": None if self.maximum is None else self.maximum.tolist(),
        }

    def __repr__(self) -> str:
        """Range, axis and state."""
        return f"MinMax({self.feature_range}, axis={self.axis!r}, {'fitted' if self.fitted else 'not fitted'})"
