"""Matrix product `C[z, i, n] = sum over k of A[z, i, k] * B[z, k, n]`, and an element-wise program of it.

**Shapes.** A is M x K with any strides, so a transposed A costs nothing; B is K x N and C is M x N with contiguous
rows; all three may be `batch` matrices at a distance (0: the same one for all). Every extent may be 0; with K = 0, C
is zero. C does not overlap A and B.

**Work items.** One tile of C: `rows` rows and a panel of `vectors * width` columns. Items are numbered down the rows
of a panel, then panel by panel, then matrix by matrix, so neighbours share a panel of B, which stays in the cache.
The sum over k is never cut between items: each element is one chain in the order of k, the same for any chunks and
any tile.

**Work.** 2*M*N*K FLOPs a matrix; A, B and C are each counted once in the bytes.

**Epilogue.** A `Program` whose operand 0 is the product. It runs over each tile of C when its sum is complete and
still in the cache, and only without a batch. Its words follow the product's own: for each operand, then each result,
the address and the bytes from row to row (0 where it does not vary by row); see
`nbnet.kernels.expression.write_block`.

References
----------
K. Goto and R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008). B is not
packed: with tiles of 256 bytes' width its rows come from the second-level cache as fast as the multipliers take them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.kernels.program import Program
from nbnet.kernels.tile import ITEMSIZE, tile_shape

FIRST_EXTRA_WORD = 14
"""Where the words of the epilogue begin."""

SECONDS_PER_CHUNK = 20e-6
FLOPS_PER_SECOND = 4e11  # of one core, times the bytes of an element
BYTES_PER_SECOND = 2e10  # nominal figures, the same on every machine: they decide nothing but the size of chunks


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
    epilogue : Program, optional
        What to compute from C.
    """

    family: ClassVar[str] = "matmul"

    dtype: str
    rows: int
    vectors: int
    width: int
    masked: bool
    epilogue: Program | None = None

    @property
    def panel(self) -> int:
        """Columns of a work item."""
        return self.vectors * self.width

    def items(self, M: int, N: int, batch: int = 1) -> int:
        """Number of work items."""
        return batch * -(-M // self.rows) * -(-N // self.panel)

    def chunk(self, M: int, N: int, K: int, batch: int = 1) -> int:
        """Work items a chunk: 20 to 40 µs, and a number of chunks that is a power of two while there are few.

        Where there is work for hundreds of chunks each has 8 items at least, as a panel of B may come from memory then.
        """
        items = self.items(M, N, batch)
        seconds = max(
            self.flops(M, N, K, batch) * ITEMSIZE[self.dtype] / FLOPS_PER_SECOND,
            self.bytes(M, N, K, batch) / BYTES_PER_SECOND,
        )
        chunks = max(1, min(items, int(seconds / SECONDS_PER_CHUNK)))
        if chunks < 16:
            chunks = 1 << (chunks.bit_length() - 1)
        return max(1, -(-items // chunks), min(8, items // 256))

    def flops(self, M: int, N: int, K: int, batch: int = 1) -> int:
        """Floating-point operations, those of the epilogue included."""
        return batch * M * N * (2 * K + (self.epilogue.flops if self.epilogue else 0))

    def bytes(self, M: int, N: int, K: int, batch: int = 1) -> int:
        """Bytes that must be read and written, each once, without those that the epilogue adds."""
        return batch * (M * K + K * N + M * N) * ITEMSIZE[self.dtype]


def spec_for(dtype: str, vector_bytes: int, registers: int, epilogue: Program | None = None) -> Spec:
    """
    The specification for a machine.

    Parameters
    ----------
    dtype : str
    vector_bytes, registers : int
        The machine's vector registers, see `nbnet.kernels.tile.tile_shape`.
    epilogue : Program, optional

    Returns
    -------
    Spec
        Vectors of 32 bytes and more are taken to have masks, as AVX2 and AVX-512 have; SSE and NEON have none.
    """
    return Spec(dtype, *tile_shape(vector_bytes, registers, dtype), masked=vector_bytes >= 32, epilogue=epilogue)


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
        Elements from row to row of B and C.
    batch : int
        Number of products; `a_batch`, `b_batch` and `c_batch` are the elements from one to the next (0 for A or B:
        shared).
    extra : sequence
        Words of the epilogue.
    """
    return [a, b, c, M, N, K, a_row, a_col, b_row, c_row, batch, a_batch, b_batch, c_batch, *extra]
