"""Strided copy `dst[i, j, …] = src[i, j, …]`, and filling with one number.

Slices, parts of a concatenation, broadcasts and general transpositions are all this kernel with other strides: a
stride of 0 repeats, a negative one reverses. `geometry` brings the axes into the form that the kernel reads: axes
that lie one after the other in both buffers become one, and the last two, *rows* and *columns*, are copied in blocks.

**Work items.** Blocks of rows x columns, numbered across a pair of last axes, then along the outer axes.

**Work.** Each element of `dst` is written once, and each read of `src` is counted as often as it is used. No FLOPs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.errors import ShapeError

BLOCK = 4096
"""Elements a work item."""

SIDE = 64
"""Rows and columns of a block whose source does not lie along the columns."""

BYTES_PER_CHUNK = 1 << 18


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into a copy.

    Parameters
    ----------
    itemsize : int
        Bytes of an element: 1, 4 or 8. Bits are copied, whatever the dtype.
    fill : bool
        Whether the second word is the element itself (see `nbnet.kernels.memory.pack`) and not the address of `src`.
    """

    family: ClassVar[str] = "copy"

    itemsize: int
    fill: bool = False


@dataclass(frozen=True)
class Geometry:
    """Axes in the kernel's form, made by `geometry`; each is (extent, stride in dst, stride in src), in elements."""

    outer: tuple[tuple[int, int, int], ...]
    rows: tuple[int, int, int]
    columns: tuple[int, int, int]

    @property
    def block(self) -> tuple[int, int]:
        """Rows and columns of a work item."""
        extent, _, stride = self.columns
        width = min(max(extent, 1), BLOCK if stride in (-1, 0, 1) or self.rows[0] == 1 else SIDE)
        return max(1, BLOCK // width), width

    @property
    def size(self) -> int:
        """Elements written."""
        size = self.rows[0] * self.columns[0]
        for extent, _, _ in self.outer:
            size *= extent
        return size

    def items(self) -> int:
        """Number of work items."""
        height, width = self.block
        items = -(-self.rows[0] // height) * -(-self.columns[0] // width)
        for extent, _, _ in self.outer:
            items *= extent
        return items

    def chunk(self, itemsize: int) -> int:
        """Work items a chunk: a quarter of a megabyte, 10 to 30 µs."""
        height, width = self.block
        block = min(height, max(self.rows[0], 1)) * width * itemsize
        return max(1, BYTES_PER_CHUNK // block)

    def flops(self) -> int:
        """Floating-point operations: none."""
        return 0

    def bytes(self, itemsize: int) -> int:
        """Bytes read and written."""
        return 2 * self.size * itemsize

    def words(self, dst: Any, src: Any, dst_offset: int = 0, src_offset: int = 0) -> list[Any]:
        """
        The words of a call; the addresses pass through untouched.

        Parameters
        ----------
        dst, src : address
            Of the buffers; with `Spec.fill`, `src` is the element.
        dst_offset, src_offset : int
            Elements from there to the element with index 0 along every axis.
        """
        height, width = self.block
        words = [dst, src, dst_offset, src_offset, height, width, *self.rows, *self.columns, len(self.outer)]
        for axis in self.outer:
            words += axis
        return words


def geometry(shape: Sequence[int], dst_strides: Sequence[int], src_strides: Sequence[int]) -> Geometry:
    """
    Bring the axes of a copy into the kernel's form.

    Parameters
    ----------
    shape : sequence of int
        Extents, >= 0, of any number of axes.
    dst_strides, src_strides : sequence of int
        Elements from index to index along each axis, in each buffer. No two elements of `dst` share their memory. For a
        fill, all of `src_strides` are 0.

    Returns
    -------
    Geometry
        The columns are the axis along which `dst` is densest, the rows the one along which `src` is densest of the
        others.

    Raises
    ------
    ShapeError
        When the three do not have the same length.
    """
    if not len(shape) == len(dst_strides) == len(src_strides):
        raise ShapeError(
            f"a copy of {len(shape)} axes expects as many strides; received {len(dst_strides)} for dst and "
            f"{len(src_strides)} for src"
        )
    axes = [axis for axis in zip(shape, dst_strides, src_strides, strict=True) if axis[0] != 1]
    axes.sort(key=lambda axis: -abs(axis[1]))
    merged: list[tuple[int, int, int]] = []
    for extent, dst, src in axes:
        if merged and merged[-1][1:] == (extent * dst, extent * src):
            merged[-1] = (merged[-1][0] * extent, dst, src)
        else:
            merged.append((extent, dst, src))
    columns = merged.pop() if merged else (1, 1, 1)
    nearest = min(range(len(merged)), key=lambda k: (abs(merged[k][2]), -k), default=-1)
    if columns[2] in (-1, 0, 1):
        nearest = len(merged) - 1
    rows = merged.pop(nearest) if merged else (1, 0, 0)
    return Geometry(tuple(merged), rows, columns)
