"""to_categorical: class numbers as rows of zeros with a single one."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError

__all__ = ["to_categorical"]


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """One-hot rows of class numbers, for losses such as ``categorical_crossentropy``.

    Parameters
    ----------
    x : array_like of int, shape (N,) or any other
        Class numbers, counted from 0. A last axis of size 1 is left out. Whole numbers in floats are taken.
    num_classes : int, optional
        Number of columns. Default: the greatest class number plus 1.

    Returns
    -------
    ndarray, shape (*x.shape, num_classes), float32
        Keras gives float64; nbnet computes in float32.

    Raises
    ------
    DataError
        When a class number is no integer, negative, or not below `num_classes`.

    Examples
    --------
    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf" or given.size == 0:
        raise DataError(
            f"to_categorical expects class numbers; received {given.dtype} {given.shape}. Number text labels with "
            "names, y = numpy.unique(y, return_inverse=True)."
        )
    if given.dtype.kind == "f" and not (np.isfinite(given).all() and (given == np.rint(given)).all()):
        raise DataError("to_categorical expects whole numbers as class numbers; received fractions, NaN or infinity.")
    labels = given.astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if num_classes is None:
        num_classes = int(labels.max()) + 1
    whole = isinstance(num_classes, (int, np.integer)) and not isinstance(num_classes, bool)
    if not whole or num_classes < 1:
        if labels.min() < 0:
            raise DataError(f"to_categorical expects class numbers from 0; received {labels.min()}.")
        raise DataError(f"to_categorical expects num_classes of at least 1; received {num_classes!r:.60}.")
    if labels.min() < 0 or labels.max() >= num_classes:
        wrong = int(labels.min()) if labels.min() < 0 else int(labels.max())
        raise DataError(
            f"to_categorical expects class numbers 0 to {num_classes - 1} for {num_classes} classes; received {wrong}."
        )
    rows = np.zeros((*labels.shape, int(num_classes)), np.float32)
    np.put_along_axis(rows, labels[..., None], 1, axis=-1)
    return rows
