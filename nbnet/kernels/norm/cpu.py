"""The squared norm on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.kernels import memory
from nbnet.kernels.memory import ITEMSIZE, wide, word
from nbnet.kernels.norm import BLOCK, Spec

__all__ = ["build"]

store = memory.make_store("float64", 1, 2)


def build(spec: Spec) -> Any:
    """The kernel for arrays of one dtype."""
    load = memory.make_load(spec.dtype, 0, 2)
    size = ITEMSIZE[spec.dtype]

    def kernel(words: int, start: int, stop: int) -> None:
        wide()
        out = word(words, 1)
        for part in range(word(words, 0)):
            base = words + 8 * (2 + 3 * part)
            first, n, address = word(base, 0), word(base, 1), word(base, 2)
            last = first + (n + BLOCK - 1) // BLOCK
            for item in range(max(start, first), min(stop, last)):
                low = (item - first) * BLOCK
                x = address + low * size
                total = 0.0
                for i in range(min(BLOCK, n - low)):
                    value = np.float64(load(x, i))
                    total += value * value
                store(out, item, total)

    return kernel
