"""From labels and outputs of a network to numbers of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError

__all__ = ["classes", "is_classification", "labels_of"]


def classes(y: Any, threshold: float | None = None) -> np.ndarray:
    """The number of the class of each sample.

    Parameters
    ----------
    y : array_like, shape (N,), (N, 1) or (N, classes)
        Class numbers; or one row for each sample, of which the largest column counts (one-hot labels, probabilities,
        logits); or one column of probabilities, logits or labels, which is class 1 above `threshold`.
    threshold : float, optional
        For one column of numbers that are not whole; 0.5 when None, and 0 where a number lies outside [0, 1].

    Returns
    -------
    ndarray, shape (N,), int64
        Labels -1 and 1 become 0 and 1.

    Raises
    ------
    ShapeError
        When there are more than two axes.
    ArgumentError
        When a number is NaN.

    Examples
    --------
    >>> classes([[0.1, 0.9], [0.8, 0.2]]).tolist(), classes([[0.7], [0.2]]).tolist(), classes([3, 0]).tolist()
    ([1, 0], [1, 0], [3, 0])
    """
    values = np.asarray(y)
    if values.ndim not in (1, 2):
        raise ShapeError(f"Class numbers come from labels (N,) or outputs (N, classes); received shape {values.shape}.")
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise ArgumentError("Class numbers cannot be made of NaN. Look for the first epoch with a loss of NaN.")
    if values.ndim == 2 and values.shape[1] > 1:
        return np.argmax(values, axis=1)
    column = values.reshape(-1)
    if column.dtype.kind == "b" or _signs(column):
        return (column > 0).astype(np.int64)
    scores = values.ndim == 2 and values.dtype.kind == "f" and column.size and column.min() < 0  # large ones are whole
    if threshold is None and not scores and (column == np.floor(column)).all():
        return column.astype(np.int64)
    if threshold is None:
        threshold = 0.5 if column.min() >= 0 and column.max() <= 1 else 0.0
    return (column > threshold).astype(np.int64)


def is_classification(y_true: Any, y_pred: Any) -> bool:
    """Whether targets name one class each among those that the outputs speak of.

    Parameters
    ----------
    y_true : ndarray, shape (N, ...)
        Targets.
    y_pred : ndarray, shape (N, ...)
        Outputs of the model for them.

    Returns
    -------
    bool
        True for class numbers beside a column for each class, one-hot rows, and 0 and 1 or -1 and 1 beside one column.
    """
    targets, outputs = np.asarray(y_true), np.asarray(y_pred)
    if outputs.ndim != 2 or targets.ndim not in (1, 2) or not len(targets):
        return False
    columns = outputs.shape[1]
    flat = targets.reshape(len(targets), -1)
    if columns == 1:
        return flat.shape[1] == 1 and (bool(np.isin(flat, (0, 1)).all()) or _signs(flat))
    if flat.shape[1] == 1:
        return bool((flat == np.floor(flat)).all() and flat.min() >= 0 and flat.max() < columns)
    return flat.shape[1] == columns and bool(np.isin(flat, (0, 1)).all() and (flat.sum(axis=1) == 1).all())


def labels_of(count: int, class_names: Any) -> list[str]:
    """A label for each of `count` classes; an ArgumentError when names are given and too few."""
    if class_names is None:
        return [str(index) for index in range(count)]
    names = [str(name) for name in class_names]
    if len(names) < count:
        raise ArgumentError(f"Expected a name for each of {count} classes; received {len(names)}: {', '.join(names)}.")
    return names


def _signs(values: np.ndarray) -> bool:
    """Whether labels are -1 and 1."""
    return bool(values.size) and bool((values == -1).any()) and bool(np.isin(values, (-1, 1)).all())
