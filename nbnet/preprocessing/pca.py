"""PCA: the directions in which the training inputs vary most."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.axes import as_statistic
from nbnet.preprocessing.step import Step

__all__ = ["PCA"]

_CHUNK = 1 << 20


class PCA(Step):
    """Principal component analysis: project inputs on the directions of greatest variance.

    Parameters
    ----------
    n_components : int or float, optional
        How many directions are kept. A float in (0, 1): as many as explain that share of the variance. Default: all,
        the lesser of samples and features.
    whiten : bool
        Give every component unit variance.
    mean, components, explained_variance : array_like, optional
        What an earlier fit has learned; all or none.

    Attributes
    ----------
    mean : ndarray, shape (features,), or None
    components : ndarray, shape (components, features), or None
        The directions, orthonormal, by falling variance.
    explained_variance : ndarray, shape (components,), or None
        The variance along each, with the divisor N - 1.
    explained_variance_ratio : ndarray or None
        Its share of the total variance; known after `fit` only.

    Notes
    -----
    ``y = (x - mean) components^T``, divided by sqrt(explained_variance) when whitened. Inputs are taken apart in
    float64 by a QR factorisation in slices and the singular values of its triangle, so that no second copy of the data
    is made. The sign of a direction is free; here the entry of greatest size is positive, as in scikit-learn. The
    result is float32.

    References
    ----------
    Jolliffe (2002), Principal Component Analysis, 2nd ed., sections 3.5 and 6.1. Demmel, Grigori, Hoemmen and Langou
    (2012), Communication-optimal parallel and sequential QR and LU factorizations, SIAM J. Sci. Comput. 34(1), section
    3 (QR in slices). Bro, Acar and Kolda (2008), Resolving the sign ambiguity in the singular value decomposition.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    >>> step = PCA(n_components=1).fit(x)
    >>> step(x).round(3)[:, 0].tolist(), step.explained_variance_ratio.round(3).tolist()
    ([-1.4140000343322754, 0.0, 1.4140000343322754], [1.0])
    """

    def __init__(
        self,
        n_components: int | float | None = None,
        whiten: bool = False,
        mean: Any = None,
        components: Any = None,
        explained_variance: Any = None,
    ) -> None:
        self.n_components = _checked_count(n_components)
        if not isinstance(whiten, bool):
            raise DataError(f"PCA expects whiten as True or False; received {whiten!r:.60}.")
        self.whiten = whiten
        given = [value is not None for value in (mean, components, explained_variance)]
        if any(given) and not all(given):
            raise DataError("PCA expects mean, components and explained_variance, or none of them to learn them.")
        self.mean = None if mean is None else as_statistic(mean, "mean", "PCA")
        self.components = None if components is None else as_statistic(components, "components", "PCA")
        self.explained_variance = (
            None if explained_variance is None else as_statistic(explained_variance, "explained_variance", "PCA")
        )
        self.explained_variance_ratio: np.ndarray | None = None
        if self.mean is not None and self.components is not None and self.explained_variance is not None:
            count = len(self.components) if self.components.ndim == 2 else 0
            if not count or self.components.shape != (count, self.mean.size) or self.mean.ndim != 1:
                raise DataError(
                    f"PCA expects a mean (features,) and components (count, features); received {self.mean.shape} and "
                    f"{self.components.shape}."
                )
            if self.explained_variance.shape != (count,) or (self.explained_variance < 0).any():
                raise DataError(f"PCA expects explained_variance as {count} numbers that are not negative.")

    @property
    def fitted(self) -> bool:
        """Whether the directions are known."""
        return self.components is not None

    def fit(self, x: np.ndarray) -> PCA:
        """Learn mean and directions.

        Parameters
        ----------
        x : ndarray, shape (N, features)
            At least two samples.

        Returns
        -------
        PCA
            The step itself.

        Raises
        ------
        DataError
            For another shape, or more components than samples or features.
        """
        count, features = _shape(x)
        most = min(count, features)
        if count < 2:
            raise DataError(f"PCA expects at least 2 training samples; received {count}.")
        if isinstance(self.n_components, int) and self.n_components > most:
            raise DataError(
                f"PCA(n_components={self.n_components}) expects at least as many samples and features; received "
                f"{count} samples of {features} features."
            )
        rows = max(features, _CHUNK // features)
        mean = x.mean(axis=0, dtype=np.float64)
        triangle = np.empty((0, features))
        for start in range(0, count, rows):
            triangle = np.asarray(np.linalg.qr(np.concatenate([triangle, x[start : start + rows] - mean]), mode="r"))
        _, singular, directions = np.linalg.svd(triangle, full_matrices=False)
        variance = np.square(singular[:most]) / (count - 1)
        total = variance.sum()
        ratio = variance / total if total > 0 else np.zeros(most)
        kept = most if self.n_components is None else self.n_components
        if isinstance(kept, float):
            kept = min(most, int(np.searchsorted(np.cumsum(ratio), kept, side="right")) + 1)
        directions = directions[:kept]
        largest = np.abs(directions).argmax(axis=1)
        directions *= np.where(directions[np.arange(kept), largest] < 0, -1.0, 1.0)[:, None]
        self.mean, self.components = mean, directions
        self.explained_variance, self.explained_variance_ratio = variance[:kept], ratio[:kept]
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The components of each sample, float32, of shape (N, components).

        Raises
        ------
        DataError
            Before `fit`, or for another number of features.
        """
        mean, components = self._learned()
        _, features = _shape(x)
        if features != mean.size:
            raise DataError(f"PCA was fitted to {mean.size} features; received {features}.")
        projected = np.empty((len(x), len(components)), np.float32)
        rows = max(1, _CHUNK // features)
        for start in range(0, len(x), rows):
            part = (x[start : start + rows] - mean) @ components.T
            projected[start : start + rows] = part / self._scale() if self.whiten else part
        return projected

    def inverse_transform(self, y: np.ndarray) -> np.ndarray:
        """Inputs from components; what the components left out is lost.

        Parameters
        ----------
        y : ndarray, shape (N, components)

        Returns
        -------
        ndarray, shape (N, features), float32

        Raises
        ------
        DataError
            Before `fit`, or for another number of components.
        """
        mean, components = self._learned()
        if y.ndim != 2 or y.shape[1] != len(components):
            raise DataError(f"PCA has {len(components)} components; received an array {y.shape}.")
        restored: np.ndarray = (y * self._scale() if self.whiten else y.astype(np.float64)) @ components + mean
        return restored.astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        """The arguments and what was learned, as nested lists."""
        learned = {"mean": self.mean, "components": self.components, "explained_variance": self.explained_variance}
        return {
            "n_components": self.n_components,
            "whiten": self.whiten,
            **{name: None if value is None else value.tolist() for name, value in learned.items()},
        }

    def __repr__(self) -> str:
        """Components and state."""
        count = self.n_components if self.components is None else len(self.components)
        return f"PCA({count}, whiten={self.whiten}, {'fitted' if self.fitted else 'not fitted'})"

    def _learned(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and directions, once they are known."""
        if self.mean is None or self.components is None:
            raise DataError("PCA is not fitted. Give it to nbnet.Data(preprocess=...), or call fit(x_train) first.")
        return self.mean, self.components

    def _scale(self) -> np.ndarray:
        """Standard deviation along each direction; 1 where there is none but rounding errors."""
        assert self.explained_variance is not None
        variance = self.explained_variance
        noise = variance.max(initial=0.0) * np.finfo(np.float64).eps
        return np.sqrt(np.where(variance <= noise, 1.0, variance))


def _shape(x: np.ndarray) -> tuple[int, int]:
    """Samples and features."""
    if x.ndim != 2:
        raise DataError(f"PCA expects inputs (N, features); received {x.shape}. Put Flatten() before it.")
    return x.shape


def _checked_count(value: Any) -> int | float | None:
    """The argument n_components."""
    if value is None:
        return None
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 1:
        return int(value)
    if isinstance(value, (float, np.floating)) and 0 < value < 1:
        return float(value)
    raise DataError(
        f"PCA expects n_components as an integer of at least 1, a share in (0, 1), or None; received {value!r:.60}."
    )
