"""Transposition of matrices, `dst[z, j, i] = src[z, i, j]`.

**Shapes.** `src` holds `batch` matrices of rows x columns, `dst` as many of columns x rows; rows of both are
contiguous and lie at any distance. `dst` does not overlap `src`.

**Work items.** Blocks of 64 x 64 elements, numbered down the rows of `src`, then along its columns, then by matrix.

**Work.** Each element is read and written once. No FLOPs. Inside a block, squares of `width` x `width` elements are
transposed in vector registers, in log2(width) rounds that exchange the off-diagonal halves of ever smaller squares.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

SIDE = 64
"""Rows and columns of a work item."""

BYTES_PER_CHUNK = 1 << 17


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into a transposition.

    Parameters
    ----------
    itemsize : int
        Bytes of an element: 1, 4 or 8.
    width : int
        Elements of a vector, a power of two that divides 64.
    """

    family: ClassVar[str] = "transpose"

    itemsize: int
    width: int

    def items(self, rows: int, columns: int, batch: int = 1) -> int:
        """Number of work items."""
        return batch * -(-rows // SIDE) * -(-columns // SIDE)

    def chunk(self, rows: int, columns: int, batch: int = 1) -> int:
        """Work items a chunk: about 10 µs."""
        block = min(rows, SIDE) * min(columns, SIDE) * self.itemsize
        return max(1, BYTES_PER_CHUNK // max(block, 1))

    def flops(self, rows: int, columns: int, batch: int = 1) -> int:
        """Floating-point operations: none."""
        return 0

    def bytes(self, rows: int, columns: int, batch: int = 1) -> int:
        """Bytes read and written."""
        return 2 * batch * rows * columns * self.itemsize


def spec_for(itemsize: int, vector_bytes: int) -> Spec:
    """The specification for a machine with vectors of so many bytes: a square of vectors fits its registers."""
    return Spec(itemsize, min(16, vector_bytes // itemsize))


def words(
    dst: Any,
    src: Any,
    rows: int,
    columns: int,
    dst_row: int,
    src_row: int,
    batch: int = 1,
    dst_batch: int = 0,
    src_batch: int = 0,
) -> list[Any]:
    """
    The words of a call; the values pass through untouched.

    Parameters
    ----------
    dst, src : address
        Of the first elements.
    rows, columns : int
        Extents of a matrix of `src`.
    dst_row, src_row : int
        Elements from row to row of each.
    batch : int
        Number of matrices; `dst_batch` and `src_batch` are the elements from one to the next.
    """
    return [dst, src, rows, columns, dst_row, src_row, batch, dst_batch, src_batch]
