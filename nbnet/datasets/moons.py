"""Two moons: half circles that reach into each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.split import split
from nbnet.datasets.generated import generated
from nbnet.datasets.random_numbers import RandomNumbers, check_numbers
from nbnet.hookspecs import Register, hookimpl

__all__ = ["moons"]


@generated
def moons(
    samples: int = 1000,
    noise: float = 0.1,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
) -> Data:
    """Points on two half circles, the form of scikit-learn's ``make_moons``.

    Parameters
    ----------
    samples : int
        At least 2, half of them, rounded down, in the upper moon. Evenly spaced along the arcs.
    noise : float
        Standard deviation of what is added to each coordinate.
    validation, test : float in [0, 1)
        Shares of the samples.
    seed : int
        The same seed gives the same samples.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : float32, shape (N, 2); y : int64, shape (N,), 0 in the upper and 1 in the lower moon.

    Notes
    -----
    Upper: (cos t, sin t), lower: (1 - cos t, 1/2 - sin t), with t from 0 to pi.

    Examples
    --------
    >>> moons(100).train[0].shape
    (70, 2)
    """
    check_numbers("moons", samples, noise, 2)
    upper, lower = (np.pi * np.linspace(0, 1, count) for count in (samples // 2, samples - samples // 2))
    x = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], axis=1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
        ]
    )
    x += noise * RandomNumbers(seed).normal(samples, 2)
    y = np.repeat([0, 1], [len(upper), len(lower)])
    return Data(*split(x.astype(np.float32), y, validation, test, seed), preprocess, ("upper", "lower"))


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"moons"``."""
    register("moons", moons)
