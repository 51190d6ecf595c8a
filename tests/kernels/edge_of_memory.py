"""A program: matrix products whose operands lie against an inaccessible page, before or after them (first argument)."""

from __future__ import annotations

import ctypes
import itertools
import mmap
import sys

import numpy as np

from nbnet.kernels import jit, matmul
from tests.kernels.guarded import call

PROT_NONE = 0
PAGE = mmap.PAGESIZE


class Protected:
    """An array whose memory ends, or begins, at a page that may not be touched."""

    def __init__(self, values: np.ndarray, side: str) -> None:
        pages = -(-max(values.nbytes, 1) // PAGE)
        self.memory = mmap.mmap(-1, (pages + 2) * PAGE)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        libc = ctypes.CDLL(None, use_errno=True)
        for page in (base, base + (pages + 1) * PAGE):
            if libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(PAGE), PROT_NONE):
                raise OSError(ctypes.get_errno(), "mprotect")
        offset = PAGE if side == "before" else (pages + 1) * PAGE - values.nbytes
        self.address = base + offset
        self.array = np.frombuffer(self.memory, values.dtype, values.size, offset).reshape(values.shape)
        self.array[...] = values


def main(side: str) -> None:
    """Multiply for every edge, with the tiles of all machines."""
    rng = np.random.default_rng(0)
    for machine, packing in itertools.product(((64, 32), (32, 16), (16, 16)), matmul.PACKINGS):
        spec = matmul.spec_for("float32", *machine, packing=packing)
        kernel = jit.load(spec)
        heights, widths = (1, 2, spec.rows, spec.rows + 1), (1, spec.width - 1, spec.width + 1, spec.panel + 1)
        for M, N, K in itertools.product(heights, widths, (1, 9, 17)):
            a, b = (rng.integers(-8, 9, shape).astype("float32") for shape in ((M, K), (K, N)))
            stored_b = b.T.copy() if packing == "transposed" else b
            operands = [Protected(values, side) for values in (a, stored_b, np.zeros((M, N), "float32"))]
            addresses = [operand.address for operand in operands]
            words = matmul.words(*addresses, M, N, K, K, 1, stored_b.shape[1], N)
            call(kernel, words, [(0, spec.items(M, N))])
            assert np.array_equal(operands[2].array, a @ b)
    print("ok")


if __name__ == "__main__":
    main(sys.argv[1])
