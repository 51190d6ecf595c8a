"""Weights of classes as weights of samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, DataError

__all__ = ["weighted_by_class"]


def weighted_by_class(class_weight: Mapping[int, float], y: Any, sample_weight: Any = None) -> np.ndarray:
    """The weight of each sample: that of its class, times the one that it has already.

    Parameters
    ----------
    class_weight : mapping of int to float
        Class number → weight of at least 0; a class that is not there weighs 1.
    y : ndarray, shape (samples,), (samples, 1) or (samples, classes)
        Class numbers, or one-hot targets, of which the largest counts.
    sample_weight : ndarray, shape (samples,), optional

    Returns
    -------
    ndarray, shape (samples,), float32

    Raises
    ------
    ArgumentError
        When the model has several outputs, or weights are no numbers of at least 0.
    DataError
        When targets are no classes.
    """
    if not isinstance(y, np.ndarray) or isinstance(sample_weight, dict):
        raise ArgumentError("class_weight is for models with one output and targets; give sample_weight by output.")
    if not isinstance(class_weight, Mapping) or not class_weight:
        raise ArgumentError(f"class_weight expects a dict such as {{0: 1.0, 1: 5.0}}; received {class_weight!r:.60}.")
    for number, weight in class_weight.items():
        whole = isinstance(number, (int, np.integer)) and number >= 0
        if not whole or not isinstance(weight, (int, float, np.number)) or not 0 <= weight < np.inf:
            raise ArgumentError(
                f"class_weight expects class numbers from 0 and weights of at least 0; received {number!r}: {weight!r}."
            )
    flat = y.reshape(len(y), -1)
    classes = flat[:, 0] if flat.shape[1] == 1 else flat.argmax(axis=1)
    if not np.array_equal(classes, np.floor(classes)) or classes.min() < 0:
        raise DataError("class_weight needs targets that are class numbers from 0, or one-hot; these are not.")
    weights = np.ones(len(classes), np.float32)
    for number, weight in class_weight.items():
        weights[classes == number] = weight
    return weights if sample_weight is None else weights * sample_weight
