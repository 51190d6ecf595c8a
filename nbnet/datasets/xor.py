"""Exclusive or: the four corners of a square, which no straight line separates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.split import split
from nbnet.datasets.generated import generated
from nbnet.datasets.random_numbers import RandomNumbers, check_numbers
from nbnet.hookspecs import Register, hookimpl

__all__ = ["xor"]


@generated
def xor(
    samples: int = 400,
    noise: float = 0.1,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
) -> Data:
    """Points around the corners of the unit square; opposite corners are of one class.

    Parameters
    ----------
    samples : int
        At least 4; the corners take turns.
    noise : float
        Standard deviation of the points around their corner.
    validation, test : float in [0, 1)
        Shares of the samples.
    seed : int
        The same seed gives the same samples.
    preprocess : callable or list, optional
        As for ``nbnet.Data``.

    Returns
    -------
    Data
        x : float32, shape (N, 2); y : int64, shape (N,), 0 around (0, 0) and (1, 1), 1 around (0, 1) and (1, 0).

    References
    ----------
    Minsky and Papert (1969), Perceptrons: a perceptron cannot learn it, a network with one hidden layer can.

    Examples
    --------
    >>> data = xor(8, noise=0, validation=0, test=0)
    >>> x, y = data.train
    >>> bool(((x[:, 0] != x[:, 1]) == y).all())
    True
    """
    check_numbers("xor", samples, noise, 4)
    corner = np.arange(samples) % 4
    x = np.stack([corner // 2, corner % 2], axis=1) + noise * RandomNumbers(seed).normal(samples, 2)
    y = (corner // 2) ^ (corner % 2)
    return Data(*split(x.astype(np.float32), y, validation, test, seed), preprocess, ("false", "true"))


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"xor"``."""
    register("xor", xor)
