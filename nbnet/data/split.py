"""Cutting one data set into training, validation and test samples, reproducibly and with equal class shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.data.checked_splits import Split, as_pair, checked_targets
from nbnet.errors import DataError
from nbnet.preprocessing.nest import of, parts, with_parts
from nbnet.preprocessing.table import Table
from nbnet.preprocessing.train_test_split import interleaved, shuffled

__all__ = ["split"]


def split(
    x: Any, y: Any, validation: float = 0.15, test: float = 0.15, seed: int = 0, stratify: bool | None = None
) -> tuple[Split, Split | None, Split | None]:
    """Shuffle and cut into training, validation and test samples.

    Parameters
    ----------
    x, y : array_like, shapes (N, ...)
        Inputs, which may be a ``Table``, or a dict, tuple or list of several; and labels or targets, or a dict of them.
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
    x, y = as_pair((x, y), "split")
    x = with_parts(x, {name: _checked(item, f"split x{of(name)}") for name, item in parts(x).items()})
    y = checked_targets(y, "split y")
    lengths = [len(item) for nest in (x, y) for item in parts(nest).values()]
    if len(set(lengths)) > 1:
        raise DataError(f"split: expected as many inputs as labels; received {' and '.join(map(str, lengths))}.")
    count = lengths[0]
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        raise DataError(
            f"split: expected shares in [0, 1) with a sum below 1; received validation={validation}, test={test}."
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"split: expected a seed that is an integer of at least 0; received {seed!r}.")
    classes = isinstance(y, np.ndarray) and y.ndim == 1 and y.dtype.kind in "biu"
    if stratify and not classes:
        received = f"{y.dtype} {y.shape}" if isinstance(y, np.ndarray) else f"the targets {', '.join(y)}"
        raise DataError(f"split: stratify expects integer labels of shape (N,); received {received}.")
    order = shuffled(count, seed)
    if stratify or (stratify is None and classes and len(np.unique(y)) * 10 <= count):
        order = interleaved(order, y)
    # Interleaved, every run of the order has each class in its share of the whole.
    to_test, to_validation = round(test * count), round(validation * count)
    if to_test + to_validation >= count:
        raise DataError(f"split: {count} samples with validation={validation}, test={test} leave none to train on.")
    cuts = (order[to_test + to_validation :], order[to_test : to_test + to_validation], order[:to_test])
    rows = [part[shuffled(len(part), seed)] for part in cuts]
    train, *held_out = [(_rows(x, part), _rows(y, part)) if len(part) else None for part in rows]
    assert train is not None
    return train, held_out[0], held_out[1]


def _checked(x: Any, where: str) -> Any:
    """A table, or an array."""
    return x if isinstance(x, Table) else checked_array(x, where)


def _rows(nest: Any, which: np.ndarray) -> Any:
    """Some samples of each array."""
    return with_parts(nest, {name: item[which] for name, item in parts(nest).items()})
