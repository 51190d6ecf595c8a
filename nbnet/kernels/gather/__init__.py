"""Picking slices by number: `out[o, j, i] = x[o, index[j], i]`.

**Shapes.** x is outer x axis x inner, index has `count` entries, out is outer x count x inner; all are contiguous. An
index counts from the end when it is negative.

**Work items.** One slice of out: `inner` elements, numbered along j, then along the outer axis.

**Work.** Each element of out is read once from x and written once. No FLOPs.

**An index outside [-axis, axis)** reads nothing: its slices become NaN (0 in integers), and the kernel lowers the
error cell, one int64, to 1 + the position of the index, unless it holds a smaller position already. The caller sets
the cell to 0 before, and finds in it 0 or 1 + the first bad position, whatever the order in which items run. Several
kernels may share a cell.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

BYTES_PER_CHUNK = 1 << 17
BYTES_PER_INDEX = 32  # what an index costs beside its elements, in the time of so many bytes


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into a gather.

    Parameters
    ----------
    dtype : str
        Of x and out: any of nbnet's.
    index : str
        uint8, int32 or int64.
    """

    family: ClassVar[str] = "gather"

    dtype: str
    index: str

    def items(self, outer: int, count: int, inner: int) -> int:
        """Number of work items."""
        return outer * count if inner else 0

    def chunk(self, itemsize: int, inner: int) -> int:
        """Work items a chunk: about 10 µs."""
        return max(1, BYTES_PER_CHUNK // (2 * itemsize * inner + BYTES_PER_INDEX))

    def flops(self, outer: int, count: int, inner: int) -> int:
        """Floating-point operations: none."""
        return 0

    def bytes(self, itemsize: int, index_itemsize: int, outer: int, count: int, inner: int) -> int:
        """Bytes read and written."""
        return 2 * outer * count * inner * itemsize + count * index_itemsize


def words(out: Any, x: Any, index: Any, error: Any, axis: int, count: int, inner: int) -> list[Any]:
    """
    The words of a call; the values pass through untouched.

    Parameters
    ----------
    out, x, index, error : address
    axis, count, inner : int
        Extents; that of the outer axis is in the number of items.
    """
    return [out, x, index, error, axis, count, inner]
