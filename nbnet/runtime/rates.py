"""What this machine can do at best: arithmetic in a large matrix product, and copying in and beyond the caches."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from nbnet.graph import ops
from nbnet.graph.tensor import Variable, aligned_empty
from nbnet.kernels.copy import Spec, geometry
from nbnet.runtime import threads
from nbnet.runtime.function import Function
from nbnet.runtime.recording import record, spans

__all__ = ["Rates", "measure_rates"]

_PRODUCTS = (256, 512, 1024)
"""Rows, columns and depth of the matrix products that are measured."""

_PRODUCT_STEPS = 5
_COPIED = tuple(1 << power for power in (18, 20, 22, 24, 26))
"""Bytes of the arrays that are copied: the smallest stay in one core's cache, the largest in none."""

_COPY_BYTES = 1 << 26
"""Bytes to copy for a size before the next one, in passes over the same array."""

_ROUNDS = 4
"""How often all sizes are copied, so that a moment in which another program had the cores does not decide."""


@dataclass(frozen=True)
class Rates:
    """Measured rates of this machine with a number of threads.

    Attributes
    ----------
    threads : int
    dtype : str
        Of the matrix product.
    flops : float
        Operations a second in a large product, by nbnet's own kernel: the best of a few sizes.
    copies : tuple of (int, float)
        For copies of several sizes, smallest first: bytes of source and destination together, and bytes read and
        written a second.
    """

    threads: int
    dtype: str
    flops: float
    copies: tuple[tuple[int, float], ...]

    def bytes_at(self, footprint: float) -> float:
        """Bytes a second to expect where so many bytes are in use in turn, from the copies of sizes around it."""
        sizes = [math.log(size) for size, _ in self.copies]
        return float(np.interp(math.log(max(footprint, 1)), sizes, [rate for _, rate in self.copies]))

    @property
    def cache(self) -> float:
        """Bytes a second of the fastest copy, which is one inside the caches."""
        return max(rate for _, rate in self.copies)

    @property
    def memory(self) -> float:
        """Bytes a second of the largest copy."""
        return self.copies[-1][1]


def measure_rates(dtype: str, count: int) -> Rates:
    """Measure this machine with a number of threads.

    Parameters
    ----------
    dtype : "float32" or "float64"
        Of the matrix product.
    count : int
        Threads.

    Returns
    -------
    Rates
        The best of several runs each, so that what else the machine was doing counts little. It takes about half
        of a second, once a process for each number of threads.
    """
    return _measured(dtype, count)


@functools.lru_cache(maxsize=8)
def _measured(dtype: str, count: int) -> Rates:
    """The rates, once a process."""
    with threads.lock, threads.limited(count):
        return Rates(count, dtype, max(_product_rate(n, dtype) for n in _PRODUCTS), _copy_rates(count))


def _product_rate(n: int, dtype: str) -> float:
    """Operations a second of a product of n x n matrices, as the compiler plans it."""
    a, b, c = (Variable(np.full((n, n), 0.5, dtype)) for _ in range(3))

    def product() -> None:
        c.assign(ops.matmul(a, b))  # an output would be copied

    found = record(Function(product), steps=_PRODUCT_STEPS)
    return 2e9 * n**3 / min(step.end - step.begin for step in found.steps)


def _copy_rates(count: int) -> tuple[tuple[int, float], ...]:
    """Bytes a second for each size of `_COPIED`."""
    from nbnet.kernels import jit  # loads Numba, which looking at a profile does not need
    from nbnet.runtime.runner import Program

    source, destination = (aligned_empty((_COPIED[-1] // 4,), np.dtype("float32")) for _ in range(2))
    source[:], destination[:] = 1, 0
    kernel = jit.load(Spec(4)).address
    fastest = dict.fromkeys(_COPIED, float("inf"))
    for size in _COPIED * _ROUNDS:
        layout = geometry((size // 4,), (1,), (1,))
        words = np.array(layout.words(destination.ctypes.data, source.ctypes.data), np.int64)
        passes = max(4, _COPY_BYTES // size)
        entries = np.zeros((passes, 8), np.int64)
        entries[:, :4] = kernel, words.ctypes.data, layout.items(), -(-layout.items() // count)
        events = np.zeros((count, 1 + passes * count, 4), np.int64)
        Program(entries, np.zeros((passes, 16), np.int64), np.zeros(8, np.int64)).record(events, count)
        times = spans([lane[1 : 1 + lane[0, 0]] for lane in events], passes)
        fastest[size] = min(fastest[size], float((times[:, 1] - times[:, 0]).min()))
    return tuple((2 * size, 2e9 * size / nanoseconds) for size, nanoseconds in fastest.items())
