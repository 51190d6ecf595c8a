"""Transposition on the CPU: squares in vector registers, the rest element by element."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from nbnet.kernels.copy.cpu import CARRIER
from nbnet.kernels.memory import make_load, make_store, word
from nbnet.kernels.tile.cpu import at
from nbnet.kernels.transpose import SIDE, Spec


def emit_square(builder: Any, args: Any, width: int, itemsize: int) -> None:
    """Emit the transposition of one square."""
    dst, dst_row, src, src_row = args
    byte, lane = ir.IntType(8), ir.IntType(32)
    vector = ir.VectorType(ir.IntType(8 * itemsize), width)
    dst, src = (builder.inttoptr(address, byte.as_pointer()) for address in (dst, src))

    def row(pointer: Any, stride: Any, i: int) -> Any:
        return at(builder, pointer, builder.mul(stride, ir.Constant(stride.type, i)), vector)

    def pick(x: Any, y: Any, lanes: list[int]) -> Any:
        return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(lane, width), lanes))

    rows = [builder.load(row(src, src_row, i), align=itemsize) for i in range(width)]
    distance = width // 2
    while distance:
        for i in range(width):
            if not i & distance:
                x, y = rows[i], rows[i + distance]
                rows[i] = pick(x, y, [width + (k ^ distance) if k & distance else k for k in range(width)])
                rows[i + distance] = pick(x, y, [width + k if k & distance else k ^ distance for k in range(width)])
        distance //= 2
    for i in range(width):
        builder.store(rows[i], row(dst, dst_row, i), align=itemsize)


def make_square(width: int, itemsize: int) -> Callable[..., None]:
    """Make the intrinsic `square(dst, dst_row, src, src_row)`: addresses, and strides in bytes."""

    @intrinsic
    def square(typingctx: Any, dst: Any, dst_row: Any, src: Any, src_row: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit_square(builder, args, width, itemsize)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 4), codegen

    return square


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    size, width, dtype = spec.itemsize, spec.width, CARRIER[spec.itemsize]
    load, store, square = make_load(dtype, 0, 2), make_store(dtype, 1, 2), make_square(width, size)

    def kernel(words: int, start: int, stop: int) -> None:
        rows, columns = word(words, 2), word(words, 3)
        dst_row, src_row = word(words, 4) * size, word(words, 5) * size
        down, across = (rows + SIDE - 1) // SIDE, (columns + SIDE - 1) // SIDE
        for item in range(start, stop):
            strip = item // down
            matrix = strip // across
            top, left = (item - strip * down) * SIDE, (strip - matrix * across) * SIDE
            height, length = min(SIDE, rows - top), min(SIDE, columns - left)
            dst = word(words, 0) + (matrix * word(words, 7) + top) * size + left * dst_row
            src = word(words, 1) + (matrix * word(words, 8) + left) * size + top * src_row
            whole_rows, whole_columns = height // width * width, length // width * width
            for i in range(0, whole_rows, width):
                for j in range(0, whole_columns, width):
                    square(dst + i * size + j * dst_row, dst_row, src + j * size + i * src_row, src_row)
            for j in range(whole_columns, length):
                for i in range(whole_rows):
                    store(dst + j * dst_row, i, load(src + i * src_row, j))
            for j in range(length):
                for i in range(whole_rows, height):
                    store(dst + j * dst_row, i, load(src + i * src_row, j))

    return kernel
