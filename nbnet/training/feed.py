"""How the samples of an epoch reach the training step, a batch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph.tensor import aligned_empty
from nbnet.models.batches import Rows
from nbnet.models.nests import each, leaves, row_count

__all__ = ["Feed"]


class Feed:
    """The batches of an epoch as arguments of a training step.

    Parameters
    ----------
    x : ndarray, shape (samples, ...), or a tuple or dict of them
    y : ndarray, shape (samples, ...), or a dict of them, or None
    batch_size : int
    gather_in_step : bool
        Let the step gather the rows of a batch, where data lie in memory as the step can read them.
    sample_weight : ndarray, shape (samples,), or a dict of them, or None

    Notes
    -----
    A step that gathers gets all samples and the numbers of the rows. Then gathering is the first entry of its plan: all
    threads that run the step take part in it, nothing is started or waited for, and the rows are still in the cores'
    caches when the first layer reads them. A thread that gathers the next batch meanwhile would take a core from
    the step, for the same work, and leave the rows further away.

    In the order in which samples stand, batches are views and nothing is gathered. Data of another layout (every other
    row, Fortran order), and arrays that are mapped from a file, are gathered by NumPy before the step.
    """

    def __init__(self, x: Any, y: Any, batch_size: int, gather_in_step: bool = True, sample_weight: Any = None) -> None:
        self.samples = row_count(x)
        self.batch_size = batch_size
        self._data = (x, y, sample_weight)
        self._order: np.ndarray | None = None
        self._in_step = gather_in_step and all(_readable(array) for array in leaves(self._data))
        # In a buffer of its own, as a plan need not be bound to new addresses where its arguments have not moved.
        self._rows = aligned_empty((batch_size,), np.dtype("int64"))
        self._copies = tuple(each(nest, lambda array: Rows(array, batch_size)) for nest in self._data)

    def begin(self, order: np.ndarray | None) -> None:
        """Begin an epoch whose samples come in `order`, a permutation; None: as they stand."""
        self._order = order

    def batch(self, start: int, stop: int) -> tuple[str, tuple[Any, ...]]:
        """The kind of step, and its arguments, for the samples `start` to `stop` of the epoch."""
        order = self._order
        if order is not None and self._in_step:
            rows = self._rows if stop - start == self.batch_size else self._rows[: stop - start]
            rows[:] = order[start:stop]
            return "train_rows", (*self._data, rows)
        return "train", tuple(each(nest, lambda rows: rows.take(start, stop, order)) for nest in self._copies)


def _readable(array: np.ndarray) -> bool:
    """Whether compiled code can read rows of an array where they lie."""
    return bool(array.flags.c_contiguous and array.flags.aligned)
