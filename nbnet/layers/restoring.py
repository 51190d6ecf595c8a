"""Weights without first values: while a model is loaded, with room for what its file has, or a layer is tried."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from nbnet.errors import SavedModelError
from nbnet.graph.tensor import aligned_zeros
from nbnet.layers.shapes import require_memory

__all__ = ["blank", "count_call", "drafting", "restoring"]

_MOST_CALLS = 200_000
"""Calls of layers while one model is loaded: models in models can ask for many more than a file has bytes."""


class _Budget(threading.local):
    """Bytes that may still be allocated on this thread; None when no model is being loaded."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.calls = 0
        self.drafting = False


_budget = _Budget()


@contextmanager
def restoring(size: int) -> Iterator[None]:
    """Inside, layers make blank weights, together at most `size` bytes: a small file cannot ask for much memory."""
    outer, _budget.left = _budget.left, size
    _budget.calls = 0
    try:
        yield
    finally:
        _budget.left = outer


def count_call() -> None:
    """Count a call of a layer, where a model is being loaded.

    Raises
    ------
    SavedModelError
        When there are too many.
    """
    if _budget.left is None:
        return
    _budget.calls += 1
    if _budget.calls > _MOST_CALLS:
        raise SavedModelError(
            f"The saved model calls layers more than {_MOST_CALLS:,} times while it is put together. The file was "
            "changed, or models stand in models in too many ways."
        )


@contextmanager
def drafting() -> Iterator[None]:
    """Inside, layers make blank weights, to be thrown away: only the shapes that they give are asked for."""
    outer, _budget.drafting = _budget.drafting, True
    try:
        yield
    finally:
        _budget.drafting = outer


def blank(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray | None:
    """Zeros for a weight of a layer that is being loaded or tried; None when none is.

    Raises
    ------
    SavedModelError
        When the weights of the layers are larger than those in the file.
    """
    if _budget.left is None and not _budget.drafting:
        return None
    needed = math.prod(shape) * dtype.itemsize
    if _budget.left is None:
        require_memory(shape, dtype, "A layer makes a weight")
        return aligned_zeros(shape, dtype)
    if needed > _budget.left:
        raise SavedModelError(
            f"The layers of the saved model have more weights than its file: one of shape {shape} is not there. The "
            "file was changed, or a custom class is another than when it was saved."
        )
    if _budget.drafting:
        return aligned_zeros(shape, dtype)
    _budget.left -= needed
    return aligned_zeros(shape, dtype)
