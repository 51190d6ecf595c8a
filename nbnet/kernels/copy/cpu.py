"""Strided copy on the CPU: one loop for dense columns, one for a repeated element, one for any strides."""

from collections.abc import Callable

from nbnet.kernels.copy import Spec
from nbnet.kernels.memory import make_load, make_store, make_word, wide, word

CARRIER: dict[int, str] = {1: "uint8", 4: "int32", 8: "int64"}
"""The dtype that carries an element of so many bytes."""


def build(spec: Spec) -> Callable[[int, int, int], None]:
    """`kernel(words, start, stop)` of a specification."""
    size, fill, dtype = spec.itemsize, spec.fill, CARRIER[spec.itemsize]
    load, store, element = make_load(dtype, 0, 2), make_store(dtype, 1, 2), make_word(dtype)

    def kernel(words: int, start: int, stop: int) -> None:
        wide()
        height, width = word(words, 4), word(words, 5)
        rows, dst_row, src_row = word(words, 6), word(words, 7) * size, word(words, 8) * size
        columns, dst_column, src_column = word(words, 9), word(words, 10), word(words, 11)
        across = (columns + width - 1) // width
        blocks = (rows + height - 1) // height * across
        value = element(words, 1)
        for item in range(start, stop):
            outer = item // blocks
            block = item - outer * blocks
            top = block // across * height
            left = (block - block // across * across) * width
            dst = word(words, 0) + (word(words, 2) + left * dst_column) * size + top * dst_row
            src = word(words, 1) + (word(words, 3) + left * src_column) * size + top * src_row
            for k in range(word(words, 12)):
                axis = 13 + 3 * (word(words, 12) - 1 - k)
                index = outer % word(words, axis)
                outer = outer // word(words, axis)
                dst += index * word(words, axis + 1) * size
                src += index * word(words, axis + 2) * size
            n = min(width, columns - left)
            for _ in range(min(height, rows - top)):
                if not fill:
                    value = load(src, 0)
                if dst_column == 1 and (fill or src_column == 0):
                    for j in range(n):
                        store(dst, j, value)
                elif fill:
                    for j in range(n):
                        store(dst, j * dst_column, value)
                elif dst_column == 1 and src_column == 1:
                    for j in range(n):
                        store(dst, j, load(src, j))
                else:
                    for j in range(n):
                        store(dst, j * dst_column, load(src, j * src_column))
                dst += dst_row
                src += src_row

    return kernel
