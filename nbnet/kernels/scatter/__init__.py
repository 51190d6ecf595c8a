"""Adding slices by number, the gradient of gather.

`out[o, v, i] = sum of updates[o, j, i] over all j with index[j] = v`

**Shapes.** out is outer x axis x inner, index has `count` entries, updates is outer x count x inner; all are
contiguous. An index counts from the end when it is negative. `out` is zeroed by the kernel.

**Work items.** Blocks of out: some numbers v and some columns i of one outer index. Each item zeroes its block, walks
over all of the index and adds what falls into its block, in the order of j, so the bits of a sum never depend on
threads or chunks.

**Work.** One addition an update. Bytes: updates are read once, out is written once, and read and written once more an
update.

**An index outside [-axis, axis)** is left out and reported in the error cell, as `nbnet.kernels.gather` has it.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

COLUMNS = 64
"""Columns of a block, where there are so many."""

BLOCKS = 16
"""Blocks of numbers at most: each walks over the whole index."""

SCAN = 16
"""What a look at one index costs, in elements zeroed or added."""

SMALLEST = 8192
"""Elements to zero or add that make a block worth its while."""

BYTES_PER_CHUNK = 1 << 17
BYTES_PER_INDEX = 16  # what an index costs beside its elements, in the time of so many bytes


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into a scatter.

    Parameters
    ----------
    dtype : str
        Of updates and out: float32, float64, int32, int64 or uint8. Integers wrap around.
    index : str
        uint8, int32 or int64.
    """

    family: ClassVar[str] = "scatter"

    dtype: str
    index: str


@dataclass(frozen=True)
class Geometry:
    """Extents of a scatter, and how it is cut into work items."""

    outer: int
    axis: int
    count: int
    inner: int

    @property
    def block(self) -> tuple[int, int]:
        """Numbers and columns of a work item."""
        columns = min(max(self.inner, 1), COLUMNS)
        across = -(-self.inner // columns)
        wanted = BLOCKS // max(1, across * self.outer)
        worth = (self.axis + 2 * self.count) * columns // (SCAN * self.count + SMALLEST)
        return max(1, -(-self.axis // max(1, min(wanted, worth)))), columns

    def items(self) -> int:
        """Number of work items."""
        numbers, columns = self.block
        return self.outer * -(-self.axis // numbers) * -(-self.inner // columns)

    def chunk(self, itemsize: int) -> int:
        """Work items a chunk: about 10 µs, or one."""
        numbers, columns = self.block
        share = self.count * numbers // max(self.axis, 1)
        cost = self.count * BYTES_PER_INDEX + (numbers + 3 * share) * columns * itemsize
        return max(1, BYTES_PER_CHUNK // max(cost, 1))

    def flops(self) -> int:
        """Additions."""
        return self.outer * self.count * self.inner

    def bytes(self, itemsize: int, index_itemsize: int) -> int:
        """Bytes read and written."""
        return self.outer * self.inner * itemsize * (self.axis + 3 * self.count) + self.count * index_itemsize

    def words(self, out: Any, updates: Any, index: Any, error: Any) -> list[Any]:
        """The words of a call, of four addresses, which pass through untouched."""
        return [out, updates, index, error, self.axis, self.count, self.inner, *self.block]
