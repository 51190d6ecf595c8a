"""The register tile as a Numba intrinsic. Addresses and strides are in bytes."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nbnet.kernels.tile import ITEMSIZE

LINE = 64
"""Bytes of a cache line."""

AHEAD = 32
"""Rows of B that a copying tile asks for in advance: they come from far away, and no hardware sees the pattern."""


def element_type(dtype: str) -> ir.Type:
    """LLVM's type of an element."""
    return {"float32": ir.FloatType(), "float64": ir.DoubleType()}.get(dtype, ir.IntType(8 * ITEMSIZE[dtype]))


def vector_name(width: int, dtype: str) -> str:
    """How LLVM writes the vector type in the names of its operations, such as v16f32."""
    return f"v{width}{'f' if dtype.startswith('float') else 'i'}{8 * ITEMSIZE[dtype]}"


def at(builder: Any, pointer: Any, offset: Any, cell: ir.Type) -> Any:
    """Pointer to a cell some bytes from another; of a sum of integers LLVM could take the wrong part for the base."""
    return builder.bitcast(builder.gep(pointer, [offset]), cell.as_pointer())


def broadcast(builder: Any, value: Any, vector: ir.VectorType) -> Any:
    """A vector all of whose elements are `value`."""
    undefined, lane = ir.Constant(vector, ir.Undefined), ir.IntType(32)
    first = builder.insert_element(undefined, value, ir.Constant(lane, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(lane, vector.count), [0] * vector.count))


def mask_of(builder: Any, valid: Any, width: int) -> Any:
    """One bit a lane: whether the lane's number is below `valid`."""
    lanes = ir.VectorType(valid.type, width)
    return builder.icmp_signed("<", ir.Constant(lanes, list(range(width))), broadcast(builder, valid, lanes))


def load_vector(builder: Any, pointer: Any, mask: Any, width: int, dtype: str) -> Any:
    """Load a vector; lanes outside the mask are zero and their memory is not touched."""
    if mask is None:
        return builder.load(pointer, align=ITEMSIZE[dtype])
    vector, lane = ir.VectorType(element_type(dtype), width), ir.IntType(32)
    function = ir.FunctionType(vector, [pointer.type, lane, mask.type, vector])
    name = f"llvm.masked.load.{vector_name(width, dtype)}.p0"
    operation = cgutils.get_or_insert_function(builder.module, function, name)
    zeros = ir.Constant(vector, [0] * width)
    return builder.call(operation, [pointer, ir.Constant(lane, ITEMSIZE[dtype]), mask, zeros])


def store_vector(builder: Any, value: Any, pointer: Any, mask: Any, width: int, dtype: str) -> None:
    """Store a vector; memory of lanes outside the mask is not touched."""
    if mask is None:
        builder.store(value, pointer, align=ITEMSIZE[dtype])
        return
    lane = ir.IntType(32)
    function = ir.FunctionType(ir.VoidType(), [value.type, pointer.type, lane, mask.type])
    name = f"llvm.masked.store.{vector_name(width, dtype)}.p0"
    operation = cgutils.get_or_insert_function(builder.module, function, name)
    builder.call(operation, [value, pointer, ir.Constant(lane, ITEMSIZE[dtype]), mask])


def multiply_add(builder: Any, x: Any, y: Any, z: Any, width: int, dtype: str) -> Any:
    """`x * y + z`, fused where the CPU can: `llvm.fma` would call a library function on those that cannot."""
    if not dtype.startswith("float"):
        return builder.add(builder.mul(x, y), z)
    function = ir.FunctionType(z.type, [z.type] * 3)
    operation = cgutils.get_or_insert_function(builder.module, function, f"llvm.fmuladd.{vector_name(width, dtype)}")
    return builder.call(operation, [x, y, z])


def row_offsets(builder: Any, stride: Any, rows: int, valid: Any) -> list[Any]:
    """Bytes from the first row to each row; for those after the last valid one (None: all are valid) to that one."""
    offsets = [ir.Constant(stride.type, 0)]
    for i in range(1, rows):
        row = ir.Constant(stride.type, i)
        if valid is not None:
            last = builder.sub(valid, ir.Constant(stride.type, 1))
            row = builder.select(builder.icmp_signed("<", row, valid), row, last)
        offsets.append(builder.mul(stride, row))
    return offsets


def emit_prefetch(builder: Any, pointer: Any) -> None:
    """Ask for the cache line of a byte to come to the second level; any address is allowed."""
    flag = ir.IntType(32)
    function = ir.FunctionType(ir.VoidType(), [pointer.type, flag, flag, flag])
    operation = cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0")
    read, second_level, data = (ir.Constant(flag, value) for value in (0, 2, 1))
    builder.call(operation, [pointer, read, second_level, data])


def emit_tile(
    builder: Any,
    args: Any,
    rows: int,
    vectors: int,
    width: int,
    dtype: str,
    clamped: bool,
    masked: bool,
    copying: bool = False,
) -> None:
    """Emit the code of one tile; the arguments are those of the intrinsic of `make_tile`."""
    a, a_row, a_step, b, b_step, depth, c, c_row, valid_rows, valid_columns, accumulate = args[:11]
    integer, byte, element = a_row.type, ir.IntType(8), element_type(dtype)
    vector = ir.VectorType(element, width)
    a, b, c = (builder.inttoptr(address, byte.as_pointer()) for address in (a, b, c))
    columns = [ir.Constant(integer, v * width * ITEMSIZE[dtype]) for v in range(vectors)]
    masks: list[Any] = [None] * vectors
    if masked:
        masks[-1] = mask_of(builder, builder.sub(valid_columns, ir.Constant(integer, (vectors - 1) * width)), width)
    a_offsets = row_offsets(builder, a_row, rows, valid_rows if clamped else None)
    c_offsets = row_offsets(builder, c_row, rows, valid_rows if clamped else None)
    sums = [[cgutils.alloca_once(builder, vector) for _ in range(vectors)] for _ in range(rows)]
    cells = [[at(builder, at(builder, c, offset, byte), column, vector) for column in columns] for offset in c_offsets]

    with builder.if_else(builder.icmp_signed("!=", accumulate, ir.Constant(integer, 0))) as (adds, overwrites):
        with adds:
            for i in range(rows):
                for v in range(vectors):
                    builder.store(load_vector(builder, cells[i][v], masks[v], width, dtype), sums[i][v])
        with overwrites:
            for row in sums:
                for total in row:
                    builder.store(ir.Constant(vector, [0] * width), total)

    a_now, b_now = cgutils.alloca_once_value(builder, a), cgutils.alloca_once_value(builder, b)
    copy_now = cgutils.alloca_once_value(builder, builder.inttoptr(args[11], byte.as_pointer())) if copying else None
    with cgutils.for_range(builder, depth):
        a_at, b_at = builder.load(a_now), builder.load(b_now)
        loaded = [
            load_vector(builder, at(builder, b_at, column, vector), mask, width, dtype)
            for column, mask in zip(columns, masks, strict=True)
        ]
        for i in range(rows):
            factor = broadcast(builder, builder.load(at(builder, a_at, a_offsets[i], element)), vector)
            for v in range(vectors):
                total = builder.load(sums[i][v])
                builder.store(multiply_add(builder, factor, loaded[v], total, width, dtype), sums[i][v])
        if copy_now is not None:
            copy_at = builder.load(copy_now)
            for column, mask, value in zip(columns, masks, loaded, strict=True):
                store_vector(builder, value, at(builder, copy_at, column, vector), mask, width, dtype)
            step = ir.Constant(integer, vectors * width * ITEMSIZE[dtype])
            builder.store(at(builder, copy_at, step, byte), copy_now)
            ahead = at(builder, b_at, builder.mul(b_step, ir.Constant(integer, AHEAD)), byte)
            for line in range(0, vectors * width * ITEMSIZE[dtype], LINE):
                emit_prefetch(builder, at(builder, ahead, ir.Constant(integer, line), byte))
        builder.store(at(builder, a_at, a_step, byte), a_now)
        builder.store(at(builder, b_at, b_step, byte), b_now)

    for i in range(rows):
        for v in range(vectors):
            store_vector(builder, builder.load(sums[i][v]), cells[i][v], masks[v], width, dtype)


def make_tile(
    rows: int,
    vectors: int,
    width: int,
    dtype: str,
    clamped: bool = False,
    masked: bool = False,
    copying: bool = False,
) -> Callable[..., None]:
    """
    Make the intrinsic that computes one tile `C[i, n] (+)= sum over k of A[i, k] * B[k, n]`.

    Parameters
    ----------
    rows, vectors, width : int
        The tile has `rows` rows and `vectors * width` columns, `width` elements a vector (see `tile_shape`). Width 1
        is a tile of scalars.
    dtype : str
        float32, float64, int32 or int64. Integers wrap around.
    clamped : bool
        Whether fewer than `rows` rows may be valid: the others then are the last valid row once more, and store the
        same numbers in the same place. Without it `valid_rows` is not looked at.
    masked : bool
        Whether fewer than `width` columns of the last vector may be valid: the others are neither read nor written.
        Without it `valid_columns` is not looked at. Only for CPUs that have masked loads (AVX2, AVX-512); LLVM makes
        branches of them elsewhere.
    copying : bool
        Whether the tile also writes the B that it reads to scratch memory, without gaps between its rows: other tiles
        of the same columns then find it there.

    Returns
    -------
    intrinsic
        `tile(a, a_row, a_step, b, b_step, depth, c, c_row, valid_rows, valid_columns, accumulate, copy)`, all intp;
        `copy` is the address of the copy, and is not looked at without `copying`.
        Addresses `a`, `b`, `c` of the first elements. Strides in bytes: `a_row` from row to row of A and `a_step`
        from k to k + 1, so that a transposed A costs nothing; `b_step` and `c_row` from row to row of B and C, whose
        columns are contiguous. `depth >= 0` values of k; `1 <= valid_rows <= rows`; `(vectors - 1) * width <
        valid_columns <= vectors * width`. C is added to when `accumulate` is not 0, else overwritten. Nothing outside
        the valid elements is read or written, and no alignment beyond the element's is needed. C does not overlap A
        and B.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit_tile(builder, args, rows, vectors, width, dtype, clamped, masked, copying)
        return context.get_dummy_value()

    @intrinsic
    def tile(
        typingctx: Any,
        a: Any,
        a_row: Any,
        a_step: Any,
        b: Any,
        b_step: Any,
        depth: Any,
        c: Any,
        c_row: Any,
        valid_rows: Any,
        valid_columns: Any,
        accumulate: Any,
        copy: Any,
    ) -> Any:
        return types.void(*[types.intp] * 12), codegen

    return tile
