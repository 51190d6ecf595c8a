"""Scatter on the CPU: every work item owns a block of the output."""

from collections.abc import Callable

import numpy as np

from nbnet.kernels.gather.cpu import report
from nbnet.kernels.memory import ITEMSIZE, make_load, make_store, wide, word
from nbnet.kernels.scatter import Spec


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    size, dtype = ITEMSIZE[spec.dtype], spec.dtype
    load_out, store_out = make_load(dtype, 0, 3), make_store(dtype, 0, 3)
    load, load_index = make_load(dtype, 1, 3), make_load(spec.index, 2, 3)
    number_type = np.dtype(dtype).type
    zero = number_type(0)

    def kernel(words: int, start: int, stop: int) -> None:
        wide()
        axis, count, inner = word(words, 4), word(words, 5), word(words, 6)
        numbers, columns = word(words, 7), word(words, 8)
        across = (inner + columns - 1) // columns
        down = (axis + numbers - 1) // numbers
        for item in range(start, stop):
            strip = item // across
            outer = strip // down
            left, low = (item - strip * across) * columns, (strip - outer * down) * numbers
            n = min(columns, inner - left)
            high = min(low + numbers, axis)
            for v in range(high - low):
                out = word(words, 0) + ((outer * axis + low + v) * inner + left) * size
                for i in range(n):
                    store_out(out, i, zero)
            for j in range(count):
                number = np.int64(load_index(word(words, 2), j))
                if number < 0:
                    number += axis
                # Of unsigned numbers one comparison tells; two would be mispredicted for every other index.
                if np.uint64(number - low) < np.uint64(high - low):
                    out = word(words, 0) + ((outer * axis + number) * inner + left) * size
                    update = word(words, 1) + ((outer * count + j) * inner + left) * size
                    for i in range(n):
                        store_out(out, i, number_type(load_out(out, i) + load(update, i)))
                elif np.uint64(number) >= np.uint64(axis):
                    report(word(words, 3), j)

    return kernel
