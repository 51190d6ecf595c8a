"""train_test_split: two parts of the samples, reproducibly and if asked with equal class shares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.graph.seed import get_seed
from nbnet.preprocessing.table import Table

__all__ = ["interleaved", "shuffled", "train_test_split"]


def train_test_split(
    *arrays: Any,
    test_size: float | int | None = None,
    train_size: float | int | None = None,
    random_state: int | None = None,
    shuffle: bool = True,
    stratify: Any = None,
) -> list[Any]:
    """Cut arrays of one length into training and test samples, as scikit-learn's function of this name.

    Parameters
    ----------
    *arrays : array_like or Table
        Samples along the first axis: inputs, labels, ….
    test_size, train_size : float in (0, 1) or int, optional
        The share or number of samples of each part; shares of the test part are rounded up and those of the training
        part down. One that is missing is the rest; without both a quarter is for testing.
    random_state : int, not negative, optional
        The same number gives the same parts with every version of NumPy. Default: nbnet's global seed; scikit-learn
        gives other parts at each call then.
    shuffle : bool
        False: the first samples are for training, the last ones for testing.
    stratify : array_like, shape (N,), optional
        Give each of its values the same share in both parts, to within one sample.

    Returns
    -------
    list
        ``[first_train, first_test, second_train, second_test, …]``. For training, validation and test samples at once
        there is ``nbnet.data.split``.

    Raises
    ------
    DataError
        When lengths differ, a size is out of range, a part would be empty, or `stratify` does not fit.

    Examples
    --------
    >>> x, y = np.arange(20).reshape(10, 2), np.arange(10) % 2
    >>> x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)
    >>> x_train.shape, sorted(y_test.tolist())
    ((8, 2), [0, 1])
    """
    if not arrays:
        raise DataError("train_test_split expects at least one array; received none.")
    given = [array if isinstance(array, Table) else np.asarray(array) for array in arrays]
    if any(isinstance(array, np.ndarray) and array.ndim == 0 for array in given):
        raise DataError("train_test_split expects arrays with samples along their first axis; received a number.")
    count = len(given[0])
    if any(len(array) != count for array in given):
        raise DataError(
            f"train_test_split expects arrays of one length; received {', '.join(str(len(array)) for array in given)}."
        )
    training, testing = _sizes(count, train_size, test_size)
    if not shuffle:
        if stratify is not None:
            raise DataError("train_test_split: stratify needs shuffle=True, as it chooses the samples.")
        cut, end = training, training + testing
        return [part for array in given for part in (array[:cut], array[cut:end])]
    seed = get_seed() if random_state is None else random_state
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"train_test_split expects random_state as an integer of at least 0; received {seed!r:.60}.")
    order = shuffled(count, int(seed))
    if stratify is not None:
        order = interleaved(order, _labels(stratify, count))
    # Interleaved, every run of the order has each class in its share of the whole.
    cuts = (order[testing : testing + training], order[:testing])
    train, test = (part[shuffled(len(part), int(seed))] for part in cuts)
    return [part for array in given for part in (array[train], array[test])]


def shuffled(count: int, seed: int) -> np.ndarray:
    """A permutation from raw Philox words, whose stream NumPy guarantees (that of ``permutation`` it does not)."""
    return np.argsort(np.random.Philox(key=int(seed)).random_raw(count), kind="stable")


def interleaved(order: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`order` rearranged so that the k-th of a class with n members stands at (k + 1/2) / n of the way."""
    place = np.empty(len(order))
    labels = labels[order]
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(place, kind="stable")]


def _sizes(count: int, train_size: float | int | None, test_size: float | int | None) -> tuple[int, int]:
    """Numbers of training and of test samples."""
    sizes = {"train_size": train_size, "test_size": test_size}
    for name, size in sizes.items():
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        share = isinstance(size, (float, np.floating))
        if size is not None and not (whole and 0 < size < count) and not (share and 0 < size < 1):
            raise DataError(
                f"train_test_split expects {name} as a share in (0, 1) or a number of samples from 1 to {count - 1}; "
                f"received {size!r:.60}."
            )
    if train_size is None and test_size is None:
        test_size = 0.25
    testing = None if test_size is None else _number(test_size, count, math.ceil)
    training = count - testing if train_size is None and testing is not None else None
    if training is None:
        assert train_size is not None
        training = _number(train_size, count, math.floor)
    if testing is None:
        testing = count - training
    if training < 1 or testing < 1 or training + testing > count:
        raise DataError(
            f"train_test_split: {count} samples cannot be cut into {training} for training and {testing} for testing. "
            "Change train_size or test_size."
        )
    return training, testing


def _number(size: float | int, count: int, rounding: Any) -> int:
    """A number of samples, or what a share of them is."""
    return int(rounding(size * count)) if isinstance(size, (float, np.floating)) else int(size)


def _labels(stratify: Any, count: int) -> np.ndarray:
    """The classes whose shares are kept."""
    labels = np.asarray(stratify)
    if labels.shape != (count,) or labels.dtype.kind not in "biufUSO":
        raise DataError(f"train_test_split expects stratify as {count} labels; received {labels.dtype} {labels.shape}.")
    _, labels, members = np.unique(labels.astype(str), return_inverse=True, return_counts=True)
    if members.min() < 2:
        raise DataError(
            "train_test_split: stratify expects at least 2 samples of each class; one has a single sample. Remove it, "
            "or leave stratify out."
        )
    return labels
