"""Blobs: clouds of points around centres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.split import split
from nbnet.datasets.generated import generated
from nbnet.datasets.random_numbers import RandomNumbers, check_numbers
from nbnet.errors import DataError
from nbnet.hookspecs import Register, hookimpl

__all__ = ["blobs"]


@generated
def blobs(
    samples: int = 900,
    centers: int | Any = 3,
    features: int = 2,
    noise: float = 1.0,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
) -> Data:
    """Points of a normal distribution around each centre, the form of scikit-learn's ``make_blobs``.

    Parameters
    ----------
    samples : int
        At least as many as centres; the centres take turns.
    centers : int, or array_like of shape (classes, features)
        The number of centres, at least 2, drawn uniformly from the cube [-10, 10]; or the centres.
    features : int
        Coordinates of a point, where centres are drawn.
    noise : float
        Standard deviation of a coordinate around its centre.
    validation, test : float in [0, 1)
        Shares of the samples.
    seed : int
        The same seed gives the same samples.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : float32, shape (N, features); y : int64, shape (N,), the number of the centre.

    Examples
    --------
    >>> blobs(10, centers=[[0, 0], [5, 5]], noise=0.1, validation=0, test=0).train[0].shape
    (10, 2)
    """
    random = RandomNumbers(seed)
    if isinstance(centers, (int, np.integer)):
        check_numbers("blobs", centers, noise, 2, ("centers", "noise"))
        check_numbers("blobs", features, noise, 1, ("features", "noise"))
        places = 20 * random.uniform(int(centers), features) - 10
    else:
        try:
            places = np.asarray(centers, np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"blobs expects centers as a number or an array; received {centers!r:.60}.") from error
        if places.ndim != 2 or len(places) < 2 or not places.size or not np.isfinite(places).all():
            raise DataError(
                f"blobs expects centers as finite numbers (classes, features) of 2 classes or more; received an array "
                f"{places.shape}."
            )
    check_numbers("blobs", samples, noise, len(places))
    y = np.arange(samples) % len(places)
    x = places[y] + noise * random.normal(samples, places.shape[1])
    return Data(*split(x.astype(np.float32), y, validation, test, seed), preprocess)


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"blobs"``."""
    register("blobs", blobs)
