"""Strided copies and transpositions by plain loops over lists."""


def positions(shape):
    """Every index of an array of this shape, the last axis fastest."""
    if not shape:
        yield ()
        return
    for first in range(shape[0]):
        for rest in positions(shape[1:]):
            yield (first, *rest)


def copy(dst, src, shape, dst_strides, src_strides, dst_offset=0, src_offset=0):
    """Set dst[offset + i·strides] to src[offset + i·strides] for each index i, in place, of flat lists."""
    for index in positions(shape):
        to = dst_offset + sum(i * s for i, s in zip(index, dst_strides, strict=True))
        start = src_offset + sum(i * s for i, s in zip(index, src_strides, strict=True))
        dst[to] = src[start]


def transpose(matrix):
    """Rows become columns."""
    return [[row[j] for row in matrix] for j in range(len(matrix[0]))] if matrix else []
