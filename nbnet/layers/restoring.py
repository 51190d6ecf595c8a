"""Weights while a model is loaded: room for numbers that will be read, no more of it than the file has."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from nbnet.errors import SavedModelError
from nbnet.graph.tensor import aligned_zeros

__all__ = ["blank", "restoring"]


class _Budget(threading.local):
    """Bytes that may still be allocated on this thread; None when no model is being loaded."""

    def __init__(self) -> None:
        self.left: int | None = None


_budget = _Budget()


@contextmanager
def restoring(size: int) -> Iterator[None]:
    """Inside, layers make blank weights, together at most `size` bytes: a small file cannot ask for much memory."""
    outer, _budget.left = _budget.left, size
    try:
        yield
    finally:
        _budget.left = outer


def blank(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray | None:
    """Zeros for a weight of a model that is being loaded; None when none is.

    Raises
    ------
    SavedModelError
        When the weights of the layers are larger than those in the file.
    """
    if _budget.left is None:
        return None
    needed = math.prod(shape) * dtype.itemsize
    if needed > _budget.left:
        raise SavedModelError(
            f"The layers of the saved model have more weights than its file: one of shape {shape} is not there. The "
            "file was changed, or a custom class is another than when it was saved."
        )
    _budget.left -= needed
    return aligned_zeros(shape, dtype)
