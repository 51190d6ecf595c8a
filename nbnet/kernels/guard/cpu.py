"""The guard on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.kernels import memory
from nbnet.kernels.guard import Spec
from nbnet.kernels.memory import word

__all__ = ["build"]

load = memory.make_load("float64", 0, 2)
store = memory.make_store("int64", 1, 2)


def build(spec: Spec) -> Any:
    """The kernel."""

    def kernel(words: int, start: int, stop: int) -> None:
        control, number, n, sums = word(words, 0), word(words, 1), word(words, 2), word(words, 3)
        bad = 0
        for i in range(n):
            value = load(sums, i)
            if not abs(value) < np.inf:
                bad = 1
        if bad:
            store(control, 0, np.int64(number))

    return kernel
