"""Running one kernel through the runner with different numbers of threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.kernels import jit
from nbnet.runtime.runner import Program

THREADS = (1, 2, 7)


def run(spec: Any, words: Sequence[int], items: int, chunk: int, threads: int) -> None:
    """Run a kernel's work items in chunks on so many threads."""
    memory = np.array(words, np.int64)
    entries = np.zeros((1, 8), np.int64)
    entries[0, :4] = jit.load(spec).address, memory.ctypes.data, items, chunk
    Program(entries, np.zeros((1, 16), np.int64), np.zeros(8, np.int64)).run(threads)
