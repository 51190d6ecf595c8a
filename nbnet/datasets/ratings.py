"""Ratings of items by users, made of a low-rank structure that collaborative filtering can find again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbnet.data.data import Data
from nbnet.data.split import split
from nbnet.datasets.generated import generated
from nbnet.datasets.random_numbers import RandomNumbers, check_numbers
from nbnet.errors import DataError
from nbnet.hookspecs import Register, hookimpl

__all__ = ["ratings"]

_MEAN = 3.0


@generated
def ratings(
    users: int = 200,
    items: int = 100,
    samples: int = 8000,
    rank: int = 3,
    noise: float = 0.2,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
    preprocess: Mapping[str, Any] | None = None,
) -> Data:
    """Some of the ratings that users give to items; no pair comes twice.

    Parameters
    ----------
    users, items : int
        How many there are.
    samples : int
        Known ratings, at most ``users * items``.
    rank : int
        Number of hidden tastes of a user and traits of an item.
    noise : float
        Standard deviation of what is added to a rating: the least root of mean squares of errors that can be reached.
    validation, test : float in [0, 1)
        Shares of the samples.
    seed : int
        The same seed gives the same samples.
    preprocess : dict, optional
        As for ``nbnet.Data``, by input.

    Returns
    -------
    Data
        x : two inputs, ``{"user": …, "item": …}``, int64, shape (N,) each and counted from 0; y : float32, shape (N,),
        the ratings.

    Notes
    -----
    rating = 3 + a_u + b_i + p_u · q_i + noise, with a and b normal of standard deviation 0.3, and the entries of p and
    q normal so that p_u · q_i has a standard deviation of 0.7. Ratings are neither rounded nor clipped.

    References
    ----------
    Koren, Bell and Volinsky (2009), Matrix factorization techniques for recommender systems, IEEE Computer 42(8).

    Examples
    --------
    >>> x, y = ratings(samples=100).train
    >>> {name: (array.shape, str(array.dtype)) for name, array in x.items()}, y.shape
    ({'user': ((70,), 'int64'), 'item': ((70,), 'int64')}, (70,))
    """
    for name, value in (("users", users), ("items", items), ("rank", rank)):
        check_numbers("ratings", value, noise, 1, (name, "noise"))
    check_numbers("ratings", samples, noise, 1)
    if samples > users * items:
        raise DataError(f"ratings expects at most users * items = {users * items} samples; received {samples}.")
    random = RandomNumbers(seed)
    tastes, traits = random.normal(users, rank), random.normal(items, rank)
    generous, popular = 0.3 * random.normal(users), 0.3 * random.normal(items)
    pairs = random.order(users * items)[:samples]
    user, item = pairs // items, pairs % items
    scale = 0.7 / np.sqrt(rank)
    y = _MEAN + generous[user] + popular[item] + scale * (tastes[user] * traits[item]).sum(axis=1)
    y += noise * random.normal(samples)
    x = {"user": user, "item": item}
    return Data(*split(x, y.astype(np.float32), validation, test, seed), preprocess)


@hookimpl
def register_datasets(register: Register) -> None:
    """Make the data set known as ``"ratings"``."""
    register("ratings", ratings)
