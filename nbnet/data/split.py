"""Cutting one data set into training, validation and test samples, reproducibly and with equal class shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.errors import DataError
from nbnet.preprocessing.table import Table
from nbnet.preprocessing.train_test_split import interleaved, shuffled

__all__ = ["split"]

Arrays = tuple[Any, np.ndarray]


def split(
    x: Any, y: Any, validation: float = 0.15, test: float = 0.15, seed: int = 0, stratify: bool | None = None
) -> tuple[Arrays, Arrays | None, Arrays | None]:
    """Shuffle and cut into training, validation and test samples.

    Parameters
    ----------
    x, y : array_like, shapes (N, ...)
        Inputs, which may be a ``Table``, and labels or targets.
    validation, test : float in [0, 1)
        Shares of the samples; their sum is below 1.
    seed : int, not negative
        The same seed gives the same split with every version of NumPy.
    stratify : bool, optional
        Give each class (``y`` integers, shape (N,)) the same share in every part. Default: whether `y` has that form
        and at most one class for every ten samples.

    Returns
    -------
    train, validation, test : tuples (x, y)
        None in place of a part without samples; ``nbnet.Data(*split(x, y))`` takes them as they are.

    Raises
    ------
    DataError
        When lengths differ, shares are out of range, or nothing is left to train on.

    Examples
    --------
    >>> train, validation, test = split(np.zeros((100, 3)), np.arange(100) % 2, validation=0.2, test=0.1)
    >>> [len(part[0]) for part in (train, validation, test)]
    [70, 20, 10]
    """
    x, y = x if isinstance(x, Table) else checked_array(x, "split x"), checked_array(y, "split y")
    if len(x) != len(y):
        raise DataError(f"split: expected as many inputs as labels; received {len(x)} and {len(y)}.")
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        raise DataError(
            f"split: expected shares in [0, 1) with a sum below 1; received validation={validation}, test={test}."
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"split: expected a seed that is an integer of at least 0; received {seed!r}.")
    classes = y.ndim == 1 and y.dtype.kind in "biu"
    if stratify and not classes:
        raise DataError(f"split: stratify expects integer labels of shape (N,); received {y.dtype} {y.shape}.")
    order = shuffled(len(x), seed)
    if stratify or (stratify is None and classes and len(np.unique(y)) * 10 <= len(y)):
        order = interleaved(order, y)
    # Interleaved, every run of the order has each class in its share of the whole.
    to_test, to_validation = round(test * len(x)), round(validation * len(x))
    if to_test + to_validation >= len(x):
        raise DataError(f"split: {len(x)} samples with validation={validation}, test={test} leave none to train on.")
    cuts = (order[to_test + to_validation :], order[to_test : to_test + to_validation], order[:to_test])
    rows = [part[shuffled(len(part), seed)] for part in cuts]
    train, *held_out = [(x[part], y[part]) if len(part) else None for part in rows]
    assert train is not None
    return train, held_out[0], held_out[1]
