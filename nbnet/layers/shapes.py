"""Shapes as users give them."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.errors import ShapeError

__all__ = ["Shape", "known_sizes", "positive_sizes", "require_memory"]

Shape = tuple[int | None, ...]


def positive_sizes(shape: Any, owner: str) -> tuple[int, ...]:
    """`shape`, an int or a sequence of ints, as a tuple.

    Raises
    ------
    ShapeError
        When it is not made of positive ints.
    """
    sizes = tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
    if not all(isinstance(size, (int, np.integer)) and not isinstance(size, bool) and size > 0 for size in sizes):
        raise ShapeError(f"{owner} expects a shape of positive sizes, such as (28, 28); received {shape!r}.")
    return tuple(int(size) for size in sizes)


def known_sizes(shape: Sequence[int | None], name: str) -> tuple[int, ...]:
    """`shape` if all its sizes are known.

    Raises
    ------
    ShapeError
        When one is None.
    """
    if any(size is None for size in shape):
        raise ShapeError(f"'{name}' needs all sizes but the batch size; received {tuple(shape)}.")
    return tuple(int(size) for size in shape if size is not None)


def require_memory(sizes: Sequence[int], dtype: np.dtype, what: str) -> None:
    """Raise a ShapeError for an array that is larger than the memory of this machine."""
    size = math.prod(sizes) * dtype.itemsize
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not told by this system: what an address can reach
        memory = 1 << 47
    if size > memory:
        raise ShapeError(
            f"{what} of shape {tuple(sizes)}: {size / 2**30:,.0f} GiB, and this machine has {memory / 2**30:,.0f} GiB. "
            "Give fewer units or smaller inputs."
        )
