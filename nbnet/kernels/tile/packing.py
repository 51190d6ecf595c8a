"""Scratch memory of a kernel, and copying a panel of a transposed B into it, in the order in which a tile reads it."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from nbnet.kernels.copy.cpu import CARRIER
from nbnet.kernels.jit import njit_inline
from nbnet.kernels.memory import intrinsic, make_load, make_store
from nbnet.kernels.tile import ITEMSIZE
from nbnet.kernels.tile.cpu import LINE
from nbnet.kernels.transpose.cpu import make_square


def make_scratch(size: int) -> Callable[[], int]:
    """Make the intrinsic `scratch()`: address of `size` bytes of the thread's stack, good until the kernel returns."""

    @intrinsic
    def scratch(typingctx: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            with builder.goto_entry_block():
                memory = builder.alloca(ir.ArrayType(ir.IntType(8), size))
                memory.align = LINE
            return builder.ptrtoint(memory, ir.IntType(64))

        return types.intp(), codegen

    return scratch


def make_pack(vectors: int, width: int, dtype: str) -> Callable[..., None]:
    """
    Make the function that copies a panel of B.

    Parameters
    ----------
    vectors, width : int
        The panel has `vectors * width` columns.
    dtype : str
        float32, float64, int32 or int64.

    Returns
    -------
    function
        `pack(dst, src, src_row, depth, columns)`, to be called from kernels. Addresses of the first elements;
        `src_row` is the bytes from one stored row of B to the next, `depth` the number of values of k and `columns`
        how many columns of the panel are valid; the others are neither read nor written. Rows of `dst` are
        `vectors * width` elements long.
    """
    panel, size = vectors * width, ITEMSIZE[dtype]
    load, store = make_load(CARRIER[size], 0, 2), make_store(CARRIER[size], 1, 2)
    dst_row = panel * size

    square = make_square(width, size)

    def pack(dst: int, src: int, src_row: int, depth: int, columns: int) -> None:
        whole_columns, whole_depth = columns // width * width, depth // width * width
        for j in range(0, whole_columns, width):
            for k in range(0, whole_depth, width):
                square(dst + k * dst_row + j * size, dst_row, src + j * src_row + k * size, src_row)
        for j in range(columns):
            for k in range(whole_depth if j < whole_columns else 0, depth):
                store(dst + k * dst_row, j, load(src + j * src_row, k))

    return njit_inline(pack)
