"""Matrix products, alone or with the epilogue that fusion gave them."""

from __future__ import annotations

import math
from dataclasses import replace

from nbnet.compiler.fused import FUSED, Body
from nbnet.compiler.layout import contiguous
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.programs import translate
from nbnet.graph.tensor import INPUT, Tensor
from nbnet.kernels import matmul, transpose
from nbnet.kernels.program import Program

__all__ = ["lower_matmul"]


def lower_matmul(lowered: Lowered, node: Tensor) -> None:
    """One product; a transposed second factor is transposed before."""
    if node.op is not FUSED:
        out = lowered.result(node)
        a, b = (lowered.of(item) for item in node.inputs)
        _emit(lowered, node, node.inputs, (a, b), out, [], None, [], [out], (), "matmul")
        return
    body: Body = node.attrs["group"]
    (first,) = [item for item in body.graph.nodes() if item.op.name == "matmul"]
    factors = [lowered.of(node.inputs[item.attrs["index"]]) if item.op is INPUT else -1 for item in first.inputs]
    found = translate(body, first)
    outputs = [lowered.slot(output.shape, output.dtype) for output in body.graph.outputs]
    for user in lowered.picks[id(node)]:
        lowered.place[id(user)] = outputs[user.attrs["index"]]
    access = [(source.strides[1] != 0 or body.domain[1] == 1, source.strides[0] != 0) for source in found.sources]
    access = [
        (inner if source.strides[1] != 0 else False, outer) for source, (inner, outer) in zip(found.sources, access, strict=True)
    ]
    access[0] = (True, True)
    program = found.program(access, [str(slot.dtype) for slot in (lowered.slots[out] for out in outputs)])
    raw = next((place for place, value in enumerate(found.values) if value == 0), None)
    stored = [place for place in range(len(outputs)) if place != raw]
    if raw is not None:
        product = outputs[raw]
        program = replace(program, results=tuple(program.results[place] for place in stored))
    else:
        fits = [place for place in stored if program.results[place].dtype == str(first.dtype)]
        product = outputs[fits[0]] if fits else lowered.slot(first.shape, first.dtype)
        if fits:
            aliased = replace(program.results[fits[0]], alias=0)
            program = replace(program, results=tuple(aliased if p == fits[0] else r for p, r in enumerate(program.results)))
    operands = [product, *(lowered.of(node.inputs[source.index]) for source in found.sources[1:])]
    extra: list[object] = []
    rows = [contiguous(body.domain)[0] or body.domain[1], *(source.strides[0] for source in found.sources[1:])]
    for slot, row in zip(operands, rows, strict=True):
        extra += [Ref(slot), row * lowered.slots[slot].dtype.itemsize]
    for place in stored:
        slot = outputs[place]
        extra += [Ref(slot), body.domain[1] * lowered.slots[slot].dtype.itemsize]
    writes = list(dict.fromkeys([product, *outputs]))
    _emit(lowered, first, first.inputs, (factors[0], factors[1]), product, extra, program, operands[1:], writes, tuple(body.origins()), str(body))


def _emit(
    lowered: Lowered, node: Tensor, inputs: tuple[Tensor, ...], factors: tuple[int, int], out: int, extra: list[object],
    program: Program | None, reads: list[int], writes: list[int], origins: tuple, label: str,
) -> None:  # fmt: skip
    """The call of the matmul kernel, batch included."""
    a, b = inputs
    flip_a, flip_b = node.attrs["transpose_a"], node.attrs["transpose_b"]
    M, N = node.shape[-2:]
    K = a.shape[-2] if flip_a else a.shape[-1]
    batch = math.prod(node.shape[:-2])
    a_slot, a_batch = _batched(lowered, a, factors[0], node)
    b_slot, b_batch = _batched(lowered, b, factors[1], node)
    if flip_b:
        b_slot = _transposed(lowered, b_slot, N, K, batch if b_batch else 1, node)
    target = lowered.target
    spec = matmul.spec_for(str(node.dtype), target.vector_bytes, target.registers, program)
    words = matmul.words(
        Ref(a_slot), Ref(b_slot), Ref(out), M, N, K, 1 if flip_a else K, M if flip_a else 1, N, N, batch,
        M * K if a_batch else 0, K * N if b_batch else 0, M * N, extra,
    )  # fmt: skip
    moved = spec.bytes(M, N, K, batch) + sum(lowered.slots[slot].nbytes for slot in reads)
    lowered.emit(
        Step(
            spec, words, spec.items(M, N, batch), spec.chunk(M, N, K, batch), label, [a_slot, b_slot, *reads], writes,
            spec.flops(M, N, K, batch), moved, origins or ((node.origin,) if node.origin else ()),
        )  # fmt: skip
    )


def _batched(lowered: Lowered, factor: Tensor, slot: int, node: Tensor) -> tuple[int, bool]:
    """The buffer of a factor whose leading axes are either the product's or none, and whether it has them."""
    lead, wanted = factor.shape[:-2], node.shape[:-2]
    if math.prod(lead) == 1:
        return slot, False
    if lead == wanted:
        return slot, True
    from nbnet.compiler.layout import aligned
    from nbnet.compiler.lowering.moves import emit_copy

    full = (*wanted, *factor.shape[-2:])
    spread = lowered.slot(full, factor.dtype)
    emit_copy(lowered, "broadcast", spread, slot, full, contiguous(full), aligned(factor.shape, full, full, ()))
    return spread, True


def _transposed(lowered: Lowered, slot: int, rows: int, columns: int, batch: int, node: Tensor) -> int:
    """A copy of a factor with its last two axes exchanged; one copy serves all products that need it."""
    known = lowered.transposed.get(slot)
    if known is not None:
        return known
    dtype = lowered.slots[slot].dtype
    out = lowered.slot((batch, columns, rows), dtype)
    spec = transpose.spec_for(dtype.itemsize, lowered.target.vector_bytes)
    words = transpose.words(
        Ref(out), Ref(slot), rows, columns, rows, columns, batch, rows * columns, rows * columns
    )
    lowered.emit(
        Step(
            spec, words, spec.items(rows, columns, batch), spec.chunk(rows, columns, batch), "transpose", [slot], [out],
            0, spec.bytes(rows, columns, batch), (node.origin,) if node.origin else (),
        )  # fmt: skip
    )
    lowered.transposed[slot] = out
    return out
