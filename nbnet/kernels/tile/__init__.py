"""The register tile: the innermost loop of matrix products, in explicit LLVM vectors.

One tile computes `rows` x `vectors * width` elements of a product and keeps all of them in vector registers while it
runs down the common dimension: each step loads `vectors` vectors of B, and for each row multiplies them by one
broadcast element of A. Every element is a plain chain `c = a*b + c` in the order of k, whatever variant computes it,
so the bits of a product do not depend on how it was cut into tiles. `nbnet.kernels.tile.cpu` makes the code; here is
the shape, plain data.

References
----------
K. Goto and R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008), section 5.
"""

from nbnet.errors import DTypeError

ITEMSIZE: dict[str, int] = {"float32": 4, "float64": 8, "int32": 4, "int64": 8}
"""Bytes of an element, for the dtypes that a tile can multiply."""


def tile_shape(vector_bytes: int, registers: int, dtype: str) -> tuple[int, int, int]:
    """
    The tile that a machine's vector registers hold.

    Parameters
    ----------
    vector_bytes : int
        Bytes of a vector register: 64 (AVX-512), 32 (AVX2), 16 (SSE, NEON).
    registers : int
        How many there are: 32 (AVX-512, NEON) or 16 (AVX2, SSE).
    dtype : str
        float32, float64, int32 or int64.

    Returns
    -------
    rows, vectors, width : int
        Rows of A, vectors of B, and elements a vector. The accumulators, the vectors of B and one broadcast element
        of A fit the registers: `rows*vectors + vectors + 1 <= registers`. (8 x 4 with 32 registers spills and runs at
        a third of the speed.)

    Raises
    ------
    DTypeError
        When the dtype is not one of the four.

    Examples
    --------
    >>> tile_shape(64, 32, "float32"), tile_shape(32, 16, "float64"), tile_shape(16, 32, "float32")
    ((6, 4, 16), (6, 2, 4), (6, 4, 4))
    """
    if dtype not in ITEMSIZE:
        raise DTypeError(f"a tile multiplies {', '.join(ITEMSIZE)}; received {dtype}. Cast the operands first.")
    vectors = 4 if registers >= 32 else 2
    return (registers - vectors - 1) // vectors, vectors, vector_bytes // ITEMSIZE[dtype]
