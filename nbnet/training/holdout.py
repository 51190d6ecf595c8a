"""What is validated with, and when: given data, or a part of the training data that is held out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, DataError
from nbnet.models.batches import is_batches
from nbnet.models.checks import check_data, check_weights
from nbnet.models.nests import row_count, rows

__all__ = ["Validation", "held_out", "validation_of"]

Samples = tuple[Any, Any, Any]


@dataclass
class Validation:
    """Samples to validate with after epochs.

    Attributes
    ----------
    samples : tuple (x, y, sample_weight), or iterable of batches
    steps : int or None
        How many batches to take.
    batch_size : int, "full" or None
    frequency : int or sequence of int
        After every so many epochs, or after these, counted from 1.
    """

    samples: Any
    steps: int | None = None
    batch_size: int | str | None = None
    frequency: int | Sequence[int] = 1

    def __post_init__(self) -> None:
        check_frequency(self.frequency)

    def due(self, epoch: int) -> bool:
        """Whether to validate after an epoch, counted from 0."""
        if isinstance(self.frequency, (int, np.integer)):
            return (epoch + 1) % int(self.frequency) == 0
        return epoch + 1 in self.frequency

    def evaluate(self, model: Any) -> dict[str, float]:
        """Loss and metrics by name."""
        if isinstance(self.samples, tuple):
            x, y, weights = self.samples
            found: dict[str, float] = model.evaluate_arrays(x, y, self.batch_size, weights, self.steps)
        else:
            found = model._evaluate_batches(self.samples, self.steps)
        return found


def check_frequency(frequency: Any) -> None:
    """Raise an ArgumentError unless it is a number of epochs, or a list of epochs."""
    whole = isinstance(frequency, (int, np.integer)) and not isinstance(frequency, bool)
    listed = isinstance(frequency, (list, tuple, set, range))
    if not (listed or (whole and frequency >= 1)):
        raise ArgumentError(
            "validation_freq expects a number of epochs of at least 1, or a list of epochs counted from 1; "
            f"received {frequency!r}."
        )


def validation_of(model: Any, given: Any) -> Any:
    """What ``validation_data=`` gives: checked samples, or an iterable of batches.

    Raises
    ------
    DataError
        When it is neither.
    """
    if is_batches(given):
        if isinstance(given, Iterator):
            raise DataError(
                "validation_data is an iterator, which is used up after the first epoch. Give arrays, or an iterable "
                "that can be iterated again, such as list(batches)."
            )
        return given
    if not isinstance(given, (tuple, list)) or not 2 <= len(given) <= 3:
        raise DataError(
            f"fit expects validation_data=(x, y) or (x, y, sample_weight); received {type(given).__name__}."
        )
    model._ensure_built(given[0])
    x, y = check_data(model, given[0], given[1], "validation ")
    return x, y, check_weights(model, given[2] if len(given) == 3 else None, x, "validation ")


def held_out(samples: Samples, fraction: float, stratify: bool) -> tuple[Samples, Samples | None]:
    """Samples to train on and to validate with.

    Parameters
    ----------
    samples : tuple (x, y, sample_weight)
        Checked.
    fraction : float in [0, 1)
        The last part is held out.
    stratify : bool
        Hold out that part of each class, evenly spread.

    Raises
    ------
    DataError
        When one part would be empty, or targets are no classes.
    """
    if not 0 <= fraction < 1:
        raise ValueError(f"fit expects validation_split in [0, 1); received {fraction}.")
    if fraction == 0:
        return samples, None
    count = row_count(samples[0])
    at = math.floor(count * (1 - fraction))
    if not 0 < at < count:
        raise DataError(
            f"validation_split={fraction} of {count} samples leaves {at} to train on and {count - at} to "
            "validate with; give more data or another fraction."
        )
    if not stratify:
        first, second = slice(None, at), slice(at, None)
        return _part(samples, first), _part(samples, second)
    chosen = _stratified(samples[1], count - at)
    return _part(samples, np.flatnonzero(~chosen)), _part(samples, np.flatnonzero(chosen))


def _part(samples: Samples, which: Any) -> Samples:
    """Some of the samples."""
    x, y, weights = (rows(nest, which) for nest in samples)
    return x, y, weights


def _stratified(y: Any, wanted: int) -> np.ndarray:
    """Which samples to hold out: `wanted` of them, of each class its share, evenly spread over the class."""
    if not isinstance(y, np.ndarray) or (y.dtype.kind == "f" and (y.ndim == 1 or y.shape[1:] == (1,))):
        raise DataError(
            "validation_stratify needs one array of class numbers, or of one-hot targets; received other targets."
        )
    flat = y.reshape(len(y), -1)
    classes = flat[:, 0] if flat.shape[1] == 1 else flat.argmax(axis=1)
    place = np.empty(len(y))  # the k-th of a class of n stands at (k + 1/2) / n: any run of this order has all classes
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = np.argsort(place, kind="stable")
    chosen = np.zeros(len(y), bool)
    chosen[order[len(y) - wanted :]] = True
    return chosen
