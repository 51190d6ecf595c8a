"""Spiral arms, one for each class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.split import split
from nbnet.datasets.generated import generated
from nbnet.datasets.random_numbers import RandomNumbers, check_numbers
from nbnet.hookspecs import Register, hookimpl

__all__ = ["spiral"]

_TURNS = 4 / (2 * np.pi)


@generated
def spiral(
    samples: int = 900,
    classes: int = 3,
    noise: float = 0.1,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
) -> Data:
    """Points on arms that wind around the origin: easy to see, and hard for a shallow network.

    Parameters
    ----------
    samples : int
        At least as many as classes; the arms take turns.
    classes : int
        Number of arms, at least 2.
    noise : float
        Standard deviation of the points' angle, in radians.
    validation, test : float in [0, 1)
        Shares of the samples.
    seed : int
        The same seed gives the same samples.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : float32, shape (N, 2), within the unit circle; y : int64, shape (N,), the number of the arm.

    Notes
    -----
    Arm k: r (cos a, sin a) with a = 2 pi k / classes + 4 r + noise, the radius r evenly spaced from 0 to 1.

    Examples
    --------
    >>> data = spiral(60, classes=4, validation=0, test=0)
    >>> np.bincount(data.train[1]).tolist()
    [15, 15, 15, 15]
    """
    check_numbers("spiral", classes, noise, 2, ("classes", "noise"))
    check_numbers("spiral", samples, noise, int(classes))
    y = np.arange(samples) % classes
    place = np.arange(samples) // classes
    radius = place / max(1, place.max())
    angle = 2 * np.pi * (y / classes + _TURNS * radius) + noise * RandomNumbers(seed).normal(samples)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Data(*split(x.astype(np.float32), y, validation, test, seed), preprocess)


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"spiral"``."""
    register("spiral", spiral)
