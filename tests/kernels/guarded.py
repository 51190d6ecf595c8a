"""Running kernels on buffers between guard zones, with the work items grouped in different ways."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

GUARD = 256
"""Bytes of a guard zone; more than any vector, so that an overrun of one is seen."""

POISON = 0xFF
"""Makes NaN of floats and -1 of integers."""


class Guarded:
    """A contiguous array between two poisoned guard zones."""

    def __init__(self, values: Any) -> None:
        values = np.asarray(values)
        # An odd multiple of the element, so that vectors are not aligned.
        start = GUARD + values.itemsize
        self.raw = np.full(start + values.nbytes + GUARD, POISON, np.uint8)
        self.array = self.raw[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
        self.array[...] = values
        self.address = self.array.ctypes.data if values.size else self.raw.ctypes.data + start

    @classmethod
    def poisoned(cls, shape: Sequence[int], dtype: str) -> Guarded:
        """An array that holds poison itself: what a kernel has yet to write, or must not touch."""
        made = cls(np.zeros(shape, dtype))
        made.raw[:] = POISON
        return made

    def check(self) -> None:
        """Fail if a guard zone was written to."""
        end = self.raw.size - GUARD
        start = end - self.array.nbytes
        assert (self.raw[:start] == POISON).all(), "wrote before the buffer"
        assert (self.raw[end:] == POISON).all(), "wrote after the buffer"


def groupings(items: int) -> Iterator[list[tuple[int, int]]]:
    """Ways to cut [0, items) into calls: at once, one by one, backwards, and shuffled runs as for 2 and 7 threads."""
    yield [(0, items)]
    yield [(i, i + 1) for i in range(items)]
    yield [(i, i + 1) for i in reversed(range(items))]
    for length in (2, 7):
        runs = [(i, min(i + length, items)) for i in range(0, items, length)]
        random.Random(length).shuffle(runs)
        yield runs


def call(compiled: Any, words: Sequence[int], calls: Sequence[tuple[int, int]]) -> None:
    """Call a compiled kernel for each range of work items."""
    memory = np.array(words, np.int64)
    function = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(compiled.address)
    for start, stop in calls:
        function(memory.ctypes.data, start, stop)


def check_ownership(compiled: Any, words: Sequence[int], items: int, target: Guarded) -> None:
    """Fail unless each byte of `target` is written by exactly one work item. The numbers written are not poison."""
    owned = np.zeros(target.raw.size, int)
    for item in range(items):
        target.raw[:] = POISON
        call(compiled, words, [(item, item + 1)])
        target.check()
        owned += target.raw != POISON
    cells = owned[target.raw.size - GUARD - target.array.nbytes : -GUARD].reshape(-1, target.array.itemsize)
    assert (cells.max(axis=1, initial=0) == 1).all()
