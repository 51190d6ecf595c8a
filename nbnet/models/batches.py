"""Rows of data, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.graph.tensor import aligned_empty

__all__ = [
    "Rows", "as_batch", "as_batch_size", "batches_of", "is_batches", "require_some", "require_steps", "rows_at_once",
    "spans",
]  # fmt: skip

_VECTORS, _OTHERS = 1024, 256


def rows_at_once(x: np.ndarray) -> int:
    """How many samples are predicted at once if nobody says so; results do not depend on it.

    Many vectors make good use of the threads; images and sequences often grow inside a network, and its memory with
    them.
    """
    return _VECTORS if x.ndim == 2 else _OTHERS


def as_batch_size(batch_size: int | str | None, samples: int, default: int = 32) -> int:
    """A batch size as a number of rows, at most all of them.

    Parameters
    ----------
    batch_size : int, "full" or None
        None is `default`.
    samples : int
    default : int

    Raises
    ------
    DataError
        When it is none of these.
    """
    if batch_size is None:
        batch_size = default
    if batch_size == "full":
        return samples
    whole = isinstance(batch_size, (int, np.integer)) and not isinstance(batch_size, bool)
    if not whole or int(batch_size) < 1:
        raise DataError(f"batch_size expects an int of at least 1, or 'full'; received {batch_size!r}.")
    return min(int(batch_size), samples)


def spans(samples: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of each batch; the last may be smaller."""
    for start in range(0, samples, batch_size):
        yield start, min(start + batch_size, samples)


def is_batches(x: Any) -> bool:
    """Whether `x` is an iterable of batches, a generator for example, and not data itself."""
    if isinstance(x, (list, tuple, dict, str, bytes, np.ndarray)) or x is None or hasattr(x, "__array__"):
        return False
    return (isinstance(x, Iterable) or _is_numbered(x)) and not hasattr(x, "shape")


def _is_numbered(x: Any) -> bool:
    """Whether an object gives its batches by number, as Keras' PyDataset and a map-style loader do."""
    return not isinstance(x, type) and hasattr(type(x), "__getitem__") and hasattr(type(x), "__len__")


def batches_of(x: Any) -> Iterator[Any]:
    """An iterator over batches: of an iterable, or of an object with ``len(x)`` batches ``x[0]``, ``x[1]``, …."""
    return iter(x) if isinstance(x, Iterable) else (x[number] for number in range(len(x)))


def require_some(batches: Sequence[Any]) -> Any:
    """`batches`, if there is at least one.

    Raises
    ------
    DataError
    """
    if not batches:
        raise DataError("The iterable of batches gave none: it is empty, or an iterator that is used up. Make it anew.")
    return batches


def require_steps(steps: Any) -> None:
    """Raise a ValueError unless `steps` is None or a number of batches."""
    whole = isinstance(steps, (int, np.integer)) and not isinstance(steps, bool)
    if steps is not None and (not whole or steps < 1):
        raise ValueError(f"Expected steps as a whole number of at least 1, or None for all; received {steps!r}.")


def as_batch(batch: Any) -> tuple[Any, Any, Any]:
    """What an iterable gives for a step as (x, y, sample_weight); a list is the same as a tuple, as in Keras.

    Raises
    ------
    DataError
        When it is a tuple or list of other than one to three items.
    """
    if not isinstance(batch, (tuple, list)):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise DataError(
            "An iterable of batches gives x, (x, y) or (x, y, sample_weight) for each step; received a "
            f"{type(batch).__name__} of {len(batch)} items."
        )
    x, y, sample_weight = (*batch, None, None)[:3]
    return x, y, sample_weight


class Rows:
    """The rows of one array in a given order, gathered into a buffer that is used again for each batch.

    Parameters
    ----------
    array : ndarray, shape (samples, ...)
    batch_size : int
    """

    def __init__(self, array: np.ndarray, batch_size: int) -> None:
        self.array = array
        self.batch_size = batch_size
        self._buffer: np.ndarray | None = None

    def take(self, start: int, stop: int, order: np.ndarray | None) -> np.ndarray:
        """Rows `start` to `stop` of the order; without one they stand as they are, and no copy is made."""
        if order is None:
            return self.array[start:stop]
        if self._buffer is None:
            self._buffer = aligned_empty((self.batch_size, *self.array.shape[1:]), self.array.dtype)
        batch = self._buffer[: stop - start]
        if self.array.flags.c_contiguous and self.array.flags.aligned:
            # the order is a permutation, so nothing is clipped; the mode spares a second buffer inside NumPy
            np.take(self.array, order[start:stop], axis=0, out=batch, mode="clip")
        else:  # which `take` would first copy as a whole, for each batch
            batch[...] = self.array[order[start:stop]]
        return batch
