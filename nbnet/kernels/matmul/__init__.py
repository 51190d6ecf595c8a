"""Matrix product `C[z, i, n] = sum over k of A[z, i, k] * B[z, k, n]`, and an element-wise program of it.

**Shapes.** A is M x K with any strides, so a transposed A costs nothing; B is K x N with contiguous rows, or with
`packing="transposed"` stored as N x K with contiguous rows; C is M x N with contiguous rows; all three may be `batch`
matrices at a distance (0: the same one for all). Every extent may be 0; with K = 0, C is zero. C does not overlap A
and B.

**Work items.** One tile of C: `rows` rows and a panel of `vectors * width` columns. Rows of tiles are grouped in strips
of `strip`. Items are numbered down the rows of a strip within a panel, then panel by panel, then strip by strip, then
matrix by matrix. So neighbours share a panel of B, which stays in the cache, and a chunk of whole strips owns whole
rows of C. The sum over k is never cut between items: each element is one chain in the order of k, the same for any
chunks, strips, tile and packing.

**Packing.** The rows of a wide B lie a large power of two of bytes apart: they fall on few sets of the caches, each on
a page of its own. A packing kernel keeps a copy of a panel, at most 128 kilobytes at a time, on the thread's stack: the
first tile of a run of items makes it of the rows that it reads, or it is transposed from a B stored as N x K.

**Work.** 2*M*N*K FLOPs a matrix; A, B and C are each counted once in the bytes.

**Epilogue.** A `Program` whose operand 0 is the product. It runs over each tile of C when its sum is complete and
still in the cache, and only without a batch. Its words follow the product's own: for each operand, then each result,
the address and the bytes from row to row (0 where it does not vary by row); see
`nbnet.kernels.expression.write_block`.

References
----------
K. Goto and R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008). A is not
packed: a tile reads few of its elements for each vector of B.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.kernels.program import Program
from nbnet.kernels.tile import ITEMSIZE, tile_shape

FIRST_EXTRA_WORD = 15
"""Where the words of the epilogue begin."""

PACKINGS = ("", "rows", "transposed")
"""B as it stands; its rows copied panel by panel; the rows of its transpose transposed panel by panel."""


@dataclass(frozen=True)
class Spec:
    """
    What is compiled into a matrix product.

    Parameters
    ----------
    dtype : str
        float32, float64, int32 or int64, of A, B and C.
    rows, vectors, width : int
        The register tile, as `nbnet.kernels.tile.tile_shape` gives it.
    masked : bool
        Whether the CPU loads and stores parts of vectors (AVX2, AVX-512); otherwise the last columns are done one by
        one.
    packing : str
        "": B is read where it stands; "rows": packed; "transposed": packed from the transpose of B.
    epilogue : Program, optional
        What to compute from C.
    """

    family: ClassVar[str] = "matmul"

    dtype: str
    rows: int
    vectors: int
    width: int
    masked: bool
    packing: str = ""
    epilogue: Program | None = None

    @property
    def panel(self) -> int:
        """Columns of a work item."""
        return self.vectors * self.width

    def items(self, M: int, N: int, batch: int = 1) -> int:
        """Number of work items."""
        return batch * -(-M // self.rows) * -(-N // self.panel)

    def flops(self, M: int, N: int, K: int, batch: int = 1) -> int:
        """Floating-point operations, those of the epilogue included."""
        return batch * M * N * (2 * K + (self.epilogue.flops if self.epilogue else 0))

    def bytes(self, M: int, N: int, K: int, batch: int = 1) -> int:
        """Bytes that must be read and written, each once, without those that the epilogue adds."""
        return batch * (M * K + K * N + M * N) * ITEMSIZE[self.dtype]


def spec_for(
    dtype: str,
    vector_bytes: int,
    registers: int,
    epilogue: Program | None = None,
    packing: str = "",
    tile: tuple[int, int] | None = None,
) -> Spec:
    """
    The specification for a machine.

    Parameters
    ----------
    dtype : str
    vector_bytes, registers : int
        The machine's vector registers, see `nbnet.kernels.tile.tile_shape`.
    epilogue : Program, optional
    packing : str
        See `Spec`.
    tile : (int, int), optional
        Rows and vectors of the tile, by default those of `tile_shape`.

    Returns
    -------
    Spec
        Vectors of 32 bytes and more are taken to have masks, as AVX2 and AVX-512 have; SSE and NEON have none.
    """
    rows, vectors, width = tile_shape(vector_bytes, registers, dtype)
    if tile is not None:
        rows, vectors = tile
    return Spec(dtype, rows, vectors, width, vector_bytes >= 32, packing, epilogue)


def words(
    a: Any,
    b: Any,
    c: Any,
    M: int,
    N: int,
    K: int,
    a_row: int,
    a_col: int,
    b_row: int,
    c_row: int,
    batch: int = 1,
    a_batch: int = 0,
    b_batch: int = 0,
    c_batch: int = 0,
    strip: int | None = None,
    extra: Sequence[Any] = (),
) -> list[Any]:
    """
    The words of a call, in the order in which the kernel reads them; the values pass through untouched.

    Parameters
    ----------
    a, b, c : address
        Of the first elements.
    M, N, K : int
        Extents, >= 0.
    a_row, a_col : int
        Elements from row to row and from column to column of A.
    b_row, c_row : int
        Elements from stored row to stored row of B, and from row to row of C.
    batch : int
        Number of products; `a_batch`, `b_batch` and `c_batch` are the elements from one to the next (0 for A or B:
        shared).
    strip : int, optional
        Rows of tiles in a strip, >= 1; by default all, so that items are numbered down whole panels.
    extra : sequence
        Words of the epilogue.
    """
    return [a, b, c, M, N, K, a_row, a_col, b_row, c_row, batch, a_batch, b_batch, c_batch, strip or max(M, 1), *extra]
