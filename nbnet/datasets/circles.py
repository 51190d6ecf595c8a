"""Two circles, one inside the other."""

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

__all__ = ["circles"]


@generated
def circles(
    samples: int = 1000,
    noise: float = 0.05,
    factor: float = 0.5,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
) -> Data:
    """Points on two circles around the origin, the form of scikit-learn's ``make_circles``.

    Parameters
    ----------
    samples : int
        At least 2, half of them, rounded down, on the outer circle. Evenly spaced along the circles.
    noise : float
        Standard deviation of what is added to each coordinate.
    factor : float in (0, 1)
        Radius of the inner circle; that of the outer one is 1.
    validation, test : float in [0, 1)
        Shares of the samples.
    seed : int
        The same seed gives the same samples.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : float32, shape (N, 2); y : int64, shape (N,), 0 on the outer and 1 on the inner circle.

    Examples
    --------
    >>> circles(100).train[0].shape
    (70, 2)
    """
    check_numbers("circles", samples, noise, 2)
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 0 < factor < 1:
        raise DataError(f"circles expects a factor in (0, 1); received {factor!r:.60}.")
    counts = (samples // 2, samples - samples // 2)
    angle = np.concatenate([2 * np.pi * np.arange(count) / count for count in counts])
    radius = np.repeat([1.0, factor], counts)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x += noise * RandomNumbers(seed).normal(samples, 2)
    y = np.repeat([0, 1], counts)
    return Data(*split(x.astype(np.float32), y, validation, test, seed), preprocess, ("outer", "inner"))


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"circles"``."""
    register("circles", circles)
