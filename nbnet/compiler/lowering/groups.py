"""Fused groups: the map, rows and columns kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbnet.compiler.fused import Body
from nbnet.compiler.layout import Strides, contiguous, merge, regular
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.programs import Translation, translate
from nbnet.graph.tensor import Tensor
from nbnet.kernels import columns, rows
from nbnet.kernels import map as flat
from nbnet.kernels.program import REDUCTIONS, Instruction, Operand, Program, Result

__all__ = ["copy_program", "emit_map", "lower_columns", "lower_group"]

_OPS_PER_CHUNK = 1 << 16
"""Simple operations that a chunk should have: a few microseconds, several times what waiting for others costs."""


def _chunk(ops_per_item: int) -> int:
    """Work items of a chunk."""
    return max(1, _OPS_PER_CHUNK // max(ops_per_item, 1))


def _cost(program: Program) -> int:
    """Simple operations for one element, memory accesses counted as two."""
    return program.flops + 2 * (len(program.operands) + len(program.results))


def copy_program(dtype: str) -> Program:
    """y = x."""
    return Program((Operand(dtype),), (Instruction("copy", (0,), dtype),), (Result(1, dtype),))


def emit_map(lowered: Lowered, program: Program, n: int, refs: list[Ref], reads: list[int], writes: list[int], label: str, origins: tuple = ()) -> None:
    """One part of a map kernel over flat buffers; `refs` are operands, then results."""
    sizes = [1 if not operand.inner else n for operand in program.operands] + [n] * len(program.results)
    moved = sum(size * lowered.slots[ref.slot].dtype.itemsize for size, ref in zip(sizes, refs, strict=True))
    lowered.emit(
        Step(
            flat.Spec(program), [], flat.items([n]), _chunk(_cost(program) * flat.BLOCK), label, reads, writes,
            n * program.flops, moved, origins, [(n, refs)],
        )  # fmt: skip
    )


def _operands(lowered: Lowered, node: Tensor, body: Body, found: Translation, spans: Sequence[range]) -> tuple[list[int], list[Strides]]:
    """Buffers and strides of the operands; one that no kernel could walk through is broadcast into a new buffer.

    Each of `spans` is a run of the domain's axes that the kernel sees as one.
    """
    slots, strides = [], []
    for source in found.sources:
        slot, own = lowered.of(node.inputs[source.index]), source.strides
        sizes = [1 if source.lane and axis in body.axes else size for axis, size in enumerate(body.domain)]
        if not all(regular([sizes[axis] for axis in span], tuple(own[axis] for axis in span)) for span in spans):
            slot = _spread(lowered, slot, own, sizes)
            own = contiguous(sizes)
        slots.append(slot)
        strides.append(own)
    return slots, strides


def _spread(lowered: Lowered, slot: int, strides: Strides, sizes: list[int]) -> int:
    """A full copy of a broadcast operand."""
    from nbnet.compiler.lowering.moves import emit_copy

    full = lowered.slot(tuple(sizes), lowered.slots[slot].dtype)
    emit_copy(lowered, "broadcast", full, slot, sizes, contiguous(sizes), strides)
    return full


def lower_group(lowered: Lowered, node: Tensor) -> None:
    """A group without lanes, or with lanes along the last axes."""
    body: Body = node.attrs["group"]
    found = translate(body)
    rank = len(body.domain)
    lanes = len(body.axes)
    inner = range(rank - lanes, rank) if lanes else range(max(rank - 1, 0), rank)
    slots, strides = _operands(lowered, node, body, found, [inner] if lanes else [])
    outputs = _outputs(lowered, node, body)
    walks = [*strides, *found.targets]
    if not lanes:
        sizes, merged = merge(body.domain, walks, keep=1 if found.hot and rank else 0)
        if not found.hot and len(sizes) <= 1:
            _flat(lowered, node, found, slots, merged, outputs)
            return
        outer_sizes, outer = sizes[:-1], [own[:-1] for own in merged]
        length, within = sizes[-1], [own[-1] for own in merged]
    else:
        outer_sizes, outer = merge(body.domain[: inner.start], [own[: inner.start] for own in walks])
        (length,), last = _single(body, inner, walks, found)
        within = last
    _rows(lowered, node, body, found, slots, outputs, outer_sizes, outer, length, within)


def _single(body: Body, span: range, walks: list[Strides], found: Translation) -> tuple[list[int], list[int]]:
    """The axes of `span` as one: its length, and each array's stride along it."""
    length = math.prod(body.domain[axis] for axis in span)
    lanes = [source.lane for source in found.sources] + found.lanes
    strides = []
    for own, lane in zip(walks, lanes, strict=True):
        moving = [own[axis] for axis in span if body.domain[axis] != 1 and own[axis] != 0]
        strides.append(0 if lane or not moving else min(moving))
    return [length], strides


def _outputs(lowered: Lowered, node: Tensor, body: Body) -> list[int]:
    """Buffers of the group's outputs, which its picks will look up."""
    slots = [lowered.slot(output.shape, output.dtype) for output in body.graph.outputs]
    for user in lowered.picks[id(node)]:
        lowered.place[id(user)] = slots[user.attrs["index"]]
    return slots


def _flat(lowered: Lowered, node: Tensor, found: Translation, slots: list[int], merged: list[list[int]], outputs: list[int]) -> None:
    """Every array is one flat buffer or a single number."""
    body: Body = node.attrs["group"]
    access = [(bool(own and own[0]), False) for own in merged[: len(slots)]]
    if math.prod(body.domain) == 1:
        access = [(True, False)] * len(slots)
    program = found.program(access, [str(lowered.slots[slot].dtype) for slot in outputs])
    refs = [Ref(slot) for slot in (*slots, *outputs)]
    emit_map(lowered, program, math.prod(body.domain), refs, slots, outputs, str(body), tuple(body.origins()))


def _rows(
    lowered: Lowered, node: Tensor, body: Body, found: Translation, slots: list[int], outputs: list[int],
    outer_sizes: list[int], outer: list[list[int]], length: int, within: list[int],
) -> None:  # fmt: skip
    """The rows kernel; long rows of a plain reduction are cut into pieces."""
    access = [
        (stride != 0 and not source.lane, any(own)) for source, stride, own in zip(found.sources, within, outer, strict=False)
    ]
    program = found.program(access, [str(lowered.slots[slot].dtype) for slot in outputs])
    plain = all(lane for lane in found.lanes) and all(step.op in ("sum", "max", "min") for step in found.body if step.lane)
    items = math.prod(outer_sizes)
    pieces = -(-length // rows.PIECE)
    cut = plain and length > 4 * rows.PIECE and items * 8 < pieces * 64
    partial = [
        lowered.slot((items, pieces), lowered.slots[slot].dtype) if cut else slot for slot in outputs
    ]
    words: list[object] = [length, rows.PIECE if cut else max(length, 1), pieces if cut else 1, *outer_sizes[1:]]
    for place, slot in enumerate([*slots, *partial]):
        size = lowered.slots[slot].dtype.itemsize
        steps = [stride * size for stride in outer[place]]
        if cut and place >= len(slots):
            steps = [stride * pieces for stride in steps]
        words += [Ref(slot), *steps]
        if cut:
            words.append(size if place >= len(slots) else 0)
    elements = items * length
    lowered.emit(
        Step(
            rows.Spec(program, len(outer_sizes), cut), words, items * (pieces if cut else 1),
            _chunk(_cost(program) * (rows.PIECE if cut else length)), str(body), slots, partial, elements * program.flops,
            _moved(lowered, slots, partial, elements), tuple(body.origins()),
        )  # fmt: skip
    )
    if cut:
        for value, small, slot in zip(found.values, partial, outputs, strict=True):
            step = found.body[value - len(found.sources)]
            _combine(lowered, step.op, small, slot, (items, pieces, 1), body)


def _moved(lowered: Lowered, reads: list[int], writes: list[int], elements: int) -> int:
    """Bytes read and written, each buffer once."""
    return sum(lowered.slots[slot].nbytes for slot in dict.fromkeys([*reads, *writes]))


def _combine(lowered: Lowered, op: str, partial: int, slot: int, shape: tuple[int, int, int], body: Body) -> None:
    """Reduce (outer, pieces, inner) over pieces in their order."""
    outer, pieces, inner = shape
    dtype = str(lowered.slots[slot].dtype)
    program = Program((Operand(dtype),), (Instruction(op, (0,), dtype, lane=True),), (Result(1, dtype, lane=True),))
    size = lowered.slots[slot].dtype.itemsize
    moved = lowered.slots[partial].nbytes + lowered.slots[slot].nbytes
    origins = tuple(body.origins())
    if inner == 1:
        words: list[object] = [pieces, pieces, 1, Ref(partial), pieces * size, Ref(slot), size]
        lowered.emit(Step(rows.Spec(program, 1), words, outer, _chunk(3 * pieces), f"combine {op}", [partial], [slot], outer * pieces, moved, origins))
        return
    width, blocks = _blocks(inner)
    words = [pieces, inner, width, blocks, pieces, 1, Ref(partial), pieces * inner * size, inner * size, Ref(slot), inner * size, 0]
    lowered.emit(
        Step(columns.Spec(program), words, outer * blocks, _chunk(3 * pieces * width), f"combine {op}", [partial], [slot], outer * pieces * inner, moved, origins)
    )


def _blocks(n: int) -> tuple[int, int]:
    """Width and number of the column blocks of n columns: several blocks where there are columns enough."""
    width = columns.WIDTH if n >= 8 * columns.WIDTH else max(16, min(columns.WIDTH, n // 4 // 16 * 16))
    return width, -(-n // width)


def lower_columns(lowered: Lowered, node: Tensor) -> None:
    """A group with lanes along the first axes, or along axes in the middle."""
    body: Body = node.attrs["group"]
    found = translate(body)
    rank = len(body.domain)
    first, last = body.axes[0], body.axes[-1] + 1
    spans = [range(first), range(first, last), range(last, rank)]
    slots, strides = _operands(lowered, node, body, found, spans)
    outputs = _outputs(lowered, node, body)
    o, r, n = (math.prod(body.domain[axis] for axis in span) for span in spans)
    walks = [*strides, *found.targets]
    along = [_single(body, span, walks, _unlaned(found) if place != 1 else found)[1] for place, span in enumerate(spans)]
    access = [(along[2][place] != 0, along[0][place] != 0 or along[1][place] != 0) for place in range(len(slots))]
    program = found.program(access, [str(lowered.slots[slot].dtype) for slot in outputs])
    plain = all(found.lanes) and all(step.op in REDUCTIONS for step in found.body if step.lane)
    width, blocks = _blocks(n)
    pieces = -(-r // columns.PIECE) if plain and r > 4 * columns.PIECE and o * blocks < 64 else 1
    piece = columns.PIECE if pieces > 1 else max(r, 1)
    partial = [lowered.slot((o, pieces, n), lowered.slots[slot].dtype) if pieces > 1 else slot for slot in outputs]
    words: list[object] = [r, n, width, blocks, piece, pieces]
    for place, slot in enumerate([*slots, *partial]):
        size = lowered.slots[slot].dtype.itemsize
        across, down = along[0][place] * size, along[1][place] * size
        if place >= len(slots) and pieces > 1:
            across, down = pieces * n * size, n * size
        words += [Ref(slot), across, down]
    elements = o * r * n
    lowered.emit(
        Step(
            columns.Spec(program), words, o * pieces * blocks, _chunk(_cost(program) * piece * width), str(body), slots, partial,
            elements * program.flops, _moved(lowered, slots, partial, elements), tuple(body.origins()),
        )  # fmt: skip
    )
    if pieces > 1:
        for value, small, slot in zip(found.values, partial, outputs, strict=True):
            step = found.body[value - len(found.sources)]
            _combine(lowered, step.op, small, slot, (o, pieces, n), body)


def _unlaned(found: Translation) -> Translation:
    """The same, with lane values seen along the axes that they vary on."""
    from dataclasses import replace

    return replace(
        found, sources=[replace(source, lane=False) for source in found.sources], lanes=[False] * len(found.lanes)
    )
