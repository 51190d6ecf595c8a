"""The register tile for images: rows of A anywhere in memory, a reduction over three loops; addresses in bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nbnet.kernels.jit import njit_inline
from nbnet.kernels.tile import ITEMSIZE
from nbnet.kernels.tile.cpu import (
    at,
    broadcast,
    element_type,
    load_vector,
    mask_of,
    multiply_add,
    row_offsets,
    store_vector,
)

__all__ = ["make_image_block", "make_image_tile"]


def _emit(builder: Any, args: Any, shape: tuple[int, int, int], dtype: str, clamped: bool, masked: bool) -> None:
    """Emit the code of one tile; the arguments are those of the intrinsic of `make_image_tile`."""
    rows, vectors, width = shape
    (table, a, outer, a_outer, b_outer, middle, a_middle, b_middle, depth, a_step, b, b_row, c, c_row, valid_rows,
     valid_columns, accumulate) = args  # fmt: skip
    integer, byte, element = a.type, ir.IntType(8), element_type(dtype)
    vector = ir.VectorType(element, width)
    b, c = (builder.inttoptr(address, byte.as_pointer()) for address in (b, c))
    listed = builder.inttoptr(table, integer.as_pointer())
    bases = [
        builder.inttoptr(
            builder.add(a, builder.load(builder.gep(listed, [ir.Constant(integer, i)]))), byte.as_pointer()
        )
        for i in range(rows)
    ]
    columns = [ir.Constant(integer, v * width * ITEMSIZE[dtype]) for v in range(vectors)]
    masks: list[Any] = [None] * vectors
    if masked:
        masks[-1] = mask_of(builder, builder.sub(valid_columns, ir.Constant(integer, (vectors - 1) * width)), width)
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

    zero = ir.Constant(integer, 0)
    a_first, b_first = cgutils.alloca_once_value(builder, zero), cgutils.alloca_once_value(builder, b)
    with cgutils.for_range(builder, outer):
        a_second = cgutils.alloca_once(builder, integer)
        b_second = cgutils.alloca_once(builder, b.type)
        builder.store(builder.load(a_first), a_second)
        builder.store(builder.load(b_first), b_second)
        with cgutils.for_range(builder, middle):
            a_now, b_now = cgutils.alloca_once(builder, integer), cgutils.alloca_once(builder, b.type)
            builder.store(builder.load(a_second), a_now)
            builder.store(builder.load(b_second), b_now)
            with cgutils.for_range(builder, depth):
                a_at, b_at = builder.load(a_now), builder.load(b_now)
                loaded = [
                    load_vector(builder, at(builder, b_at, column, vector), mask, width, dtype)
                    for column, mask in zip(columns, masks, strict=True)
                ]
                for i in range(rows):
                    factor = broadcast(builder, builder.load(at(builder, bases[i], a_at, element)), vector)
                    for v in range(vectors):
                        total = builder.load(sums[i][v])
                        builder.store(multiply_add(builder, factor, loaded[v], total, width, dtype), sums[i][v])
                builder.store(builder.add(a_at, a_step), a_now)
                builder.store(at(builder, b_at, b_row, byte), b_now)
            builder.store(builder.add(builder.load(a_second), a_middle), a_second)
            builder.store(at(builder, builder.load(b_second), b_middle, byte), b_second)
        builder.store(builder.add(builder.load(a_first), a_outer), a_first)
        builder.store(at(builder, builder.load(b_first), b_outer, byte), b_first)

    for i in range(rows):
        for v in range(vectors):
            store_vector(builder, builder.load(sums[i][v]), cells[i][v], masks[v], width, dtype)


def make_image_tile(
    rows: int, vectors: int, width: int, dtype: str, clamped: bool = False, masked: bool = False
) -> Callable[..., None]:
    """
    Make the intrinsic that computes one tile `C[i, n] (+)= sum over s, t, k of A[i; s, t, k] * B[s, t, k, n]`.

    Parameters
    ----------
    rows, vectors, width : int
        The tile has `rows` rows and `vectors * width` columns, `width` elements a vector. Width 1 is a tile of scalars.
    dtype : str
        float32, float64, int32 or int64. Integers wrap around.
    clamped : bool
        Whether fewer than `rows` rows may be valid: the table then repeats the last valid row for the others, which
        store the same numbers in the same place.
    masked : bool
        Whether fewer than `width` columns of the last vector may be valid, see `nbnet.kernels.tile.cpu.make_tile`.

    Returns
    -------
    intrinsic
        `tile(table, a, outer, a_outer, b_outer, middle, a_middle, b_middle, depth, a_step, b, b_row, c, c_row,
        valid_rows, valid_columns, accumulate)`, all intp. `table` is the address of `rows` int64: the bytes from `a`
        to each row of A. The sum goes over `outer` values of s, `middle` of t and `depth` of k, in this order, with
        the bytes from one to the next in A (`a_outer`, `a_middle`, `a_step`) and in B (`b_outer`, `b_middle`, `b_row`).
        `c_row` is the bytes from row to row of C, whose columns are contiguous, as those of B. C is added to when
        `accumulate` is not 0, else overwritten. C does not overlap A and B.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _emit(builder, args, (rows, vectors, width), dtype, clamped, masked)
        return context.get_dummy_value()

    @intrinsic
    def tile(
        typingctx: Any,
        table: Any,
        a: Any,
        outer: Any,
        a_outer: Any,
        b_outer: Any,
        middle: Any,
        a_middle: Any,
        b_middle: Any,
        depth: Any,
        a_step: Any,
        b: Any,
        b_row: Any,
        c: Any,
        c_row: Any,
        valid_rows: Any,
        valid_columns: Any,
        accumulate: Any,
    ) -> Any:
        return types.void(*[types.intp] * 17), codegen

    return tile


def make_image_block(rows: int, vectors: int, width: int, dtype: str, masked: bool) -> Callable[..., None]:
    """
    Make the function that computes up to `rows` rows and `vectors * width` columns, by whichever tiles fit.

    Parameters
    ----------
    rows, vectors, width, dtype
        As of `make_image_tile`.
    masked : bool
        Whether the CPU loads and stores parts of vectors; otherwise the last columns are done one by one.

    Returns
    -------
    function
        With the arguments of `make_image_tile`'s intrinsic, to be called from kernels; `valid_columns >= 1`.
    """
    whole = make_image_tile(rows, vectors, width, dtype)
    low = make_image_tile(rows, vectors, width, dtype, clamped=True)
    narrow = make_image_tile(rows, 1, width, dtype, clamped=True, masked=masked)
    single = make_image_tile(rows, 1, 1, dtype, clamped=True)
    panel, size = vectors * width, ITEMSIZE[dtype]

    def block(
        table: int,
        a: int,
        outer: int,
        a_outer: int,
        b_outer: int,
        middle: int,
        a_middle: int,
        b_middle: int,
        depth: int,
        a_step: int,
        b: int,
        b_row: int,
        c: int,
        c_row: int,
        valid_rows: int,
        valid_columns: int,
        accumulate: int,
    ) -> None:
        if valid_columns == panel and valid_rows == rows:
            whole(table, a, outer, a_outer, b_outer, middle, a_middle, b_middle, depth, a_step, b, b_row, c, c_row,
                  rows, panel, accumulate)  # fmt: skip
            return
        if valid_columns == panel:
            low(table, a, outer, a_outer, b_outer, middle, a_middle, b_middle, depth, a_step, b, b_row, c, c_row,
                valid_rows, panel, accumulate)  # fmt: skip
            return
        part = 0
        while part < valid_columns:
            left = valid_columns - part
            b_at, c_at = b + part * size, c + part * size
            if masked or left >= width:
                narrow(table, a, outer, a_outer, b_outer, middle, a_middle, b_middle, depth, a_step, b_at, b_row, c_at,
                       c_row, valid_rows, min(left, width), accumulate)  # fmt: skip
                part += width
            else:
                single(table, a, outer, a_outer, b_outer, middle, a_middle, b_middle, depth, a_step, b_at, b_row, c_at,
                       c_row, valid_rows, 1, accumulate)  # fmt: skip
                part += 1

    return njit_inline(block)
