"""Fused groups: the map, rows and columns kernels."""

from __future__ import annotations

import math

from nbnet.compiler.layout import merge
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.lowering.call import Call
from nbnet.compiler.lowering.flat import emit_map
from nbnet.graph.tensor import Tensor
from nbnet.kernels import columns, rows
from nbnet.kernels.program import Instruction, Operand, Program, Result

__all__ = ["lower_columns", "lower_map", "lower_rows"]

_CUT_FROM = 4
"""Pieces from which a lane is cut."""


def lower_map(lowered: Lowered, node: Tensor) -> None:
    """A group without lanes: over flat buffers where it can be, else over rows."""
    call = Call(lowered, node)
    hot = call.found.hot  # then the position along the last axis matters, which stays by itself
    sizes, strides = merge(
        call.body.domain, [walk.strides for walk in call.walks], keep=1 if hot and call.body.domain else 0
    )
    if hot or len(sizes) > 1:
        _emit_rows(call, tuple(sizes[:-1]), [own[:-1] for own in strides], sizes[-1], [own[-1] for own in strides])
        return
    inner = [bool(own and own[0]) for own in strides[: len(call.operands)]]
    if call.elements == 1:  # one variable of size 1 among others should run with them, in the same kernel
        inner = [lowered.slots[walk.slot].region not in ("constant", "scalar") for walk in call.operands]
    program = call.program([(moves, False) for moves in inner])
    reads, writes = ([walk.slot for walk in walks] for walks in (call.operands, call.results))
    emit_map(lowered, program, call.elements, reads, writes, str(call.body), tuple(call.body.origins()))


def lower_rows(lowered: Lowered, node: Tensor) -> None:
    """A group with lanes along the last axes."""
    domain, axes = node.attrs["group"].domain, node.attrs["group"].axes
    inner = range(len(domain) - len(axes), len(domain))
    call = Call(lowered, node, [inner])
    outer_sizes, outer = merge(domain[: inner.start], [walk.strides[: inner.start] for walk in call.walks])
    _emit_rows(call, tuple(outer_sizes), outer, call.size(inner), call.along(inner))


def _emit_rows(call: Call, sizes: tuple[int, ...], outer: list[list[int]], length: int, within: list[int]) -> None:
    """The rows kernel, for arrays with strides `outer` along the outer axes and `within` along the rows."""
    access = [
        (stride != 0 and not walk.lane, any(own))
        for walk, stride, own in zip(call.operands, within, outer, strict=False)
    ]
    program = call.program(access)
    shape = rows.Geometry(sizes, length, cut=call.only_reduces() and length > _CUT_FROM * rows.PIECE)
    results = call.partial(shape.pieces, math.prod(sizes), 1) if shape.cut else call.results
    arrays = []
    for place, walk in enumerate([*call.operands, *results]):
        size = call.itemsize(walk)
        apart = size * (shape.pieces if shape.cut and place >= len(call.operands) else 1)
        arrays.append(rows.Array(Ref(walk.slot), [stride * apart for stride in outer[place]], size))
    # One row alone, such as a sum over the batch, has one kernel for any length.
    short = length <= rows.SHORT and math.prod(sizes) > 1 and call.lowered.target.vector_bytes >= 32
    spec = rows.Spec(program, len(sizes), shape.cut, short)
    call.emit(spec, shape.words(arrays), shape.items(), shape.chunk(program), results)
    if shape.cut:
        for place, (part, whole) in enumerate(zip(results, call.results, strict=True)):
            _combine(call, call.operation(place), part.slot, whole.slot, (math.prod(sizes), shape.pieces, 1))


def lower_columns(lowered: Lowered, node: Tensor) -> None:
    """A group with lanes along the first axes, or along axes in the middle."""
    body = node.attrs["group"]
    first, last = body.axes[0], body.axes[-1] + 1
    spans = [range(first), range(first, last), range(last, len(body.domain))]
    call = Call(lowered, node, spans)
    across, down, along = (call.along(span) for span in spans)
    o, r, n = (call.size(span) for span in spans)
    program = call.program(
        [(along[place] != 0, across[place] != 0 or down[place] != 0) for place in range(len(call.operands))]
    )
    shape = columns.Geometry(o, r, n)
    if call.only_reduces() and r > _CUT_FROM * columns.PIECE and shape.items() < 64:
        shape = columns.Geometry(o, r, n, cut=True)
    results = call.partial(shape.pieces, o, n) if shape.cut else call.results
    arrays = []
    for place, walk in enumerate([*call.operands, *results]):
        size = call.itemsize(walk)
        if shape.cut and place >= len(call.operands):
            arrays.append(columns.Array(Ref(walk.slot), shape.pieces * n * size, n * size))
        else:
            arrays.append(columns.Array(Ref(walk.slot), across[place] * size, down[place] * size))
    width = shape.width if shape.columns >= shape.width else 0
    call.emit(columns.Spec(program, width), shape.words(arrays), shape.items(), shape.chunk(program), results)
    if shape.cut:
        for place, (part, whole) in enumerate(zip(results, call.results, strict=True)):
            _combine(call, call.operation(place), part.slot, whole.slot, (o, shape.pieces, n))


def _combine(call: Call, op: str, partial: int, slot: int, extents: tuple[int, int, int]) -> None:
    """Reduce (outer, pieces, inner) over the pieces, in their order."""
    outer, pieces, inner = extents
    spec: rows.Spec | columns.Spec
    lowered = call.lowered
    dtype, size = str(lowered.slots[slot].dtype), lowered.slots[slot].dtype.itemsize
    program = Program((Operand(dtype),), (Instruction(op, (0,), dtype, lane=True),), (Result(1, dtype, lane=True),))
    if inner == 1:
        along = rows.Geometry((outer,), pieces)
        words = along.words([rows.Array(Ref(partial), [pieces * size]), rows.Array(Ref(slot), [size])])
        spec, items, chunk = rows.Spec(program, 1), along.items(), along.chunk(program)
    else:
        down = columns.Geometry(outer, pieces, inner)
        source = columns.Array(Ref(partial), pieces * inner * size, inner * size)
        words = down.words([source, columns.Array(Ref(slot), inner * size, 0)])
        spec, items, chunk = columns.Spec(program), down.items(), down.chunk(program)
    lowered.emit(
        Step(
            spec,
            words,
            items,
            chunk,
            f"combine {op}",
            [partial],
            [slot],
            flops=outer * pieces * inner,
            bytes=lowered.slots[partial].nbytes + lowered.slots[slot].nbytes,
            origins=tuple(call.body.origins()),
        )
    )
