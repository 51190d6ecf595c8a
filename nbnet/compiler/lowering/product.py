"""Matrix products: alone, with the epilogue that fusion gave them, in pieces of K."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from nbnet.compiler.choices import Problem, choose
from nbnet.compiler.convolution import CONV_ROWS
from nbnet.compiler.fused import FUSED, Body
from nbnet.compiler.grouping import PRODUCTS
from nbnet.compiler.layout import aligned, contiguous
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.lowering.conv import emit_conv
from nbnet.compiler.lowering.moves import Origins, Strided, emit_copy, origins_of
from nbnet.compiler.programs import Translation, translate
from nbnet.graph.tensor import INPUT, Tensor
from nbnet.kernels import matmul
from nbnet.kernels.program import Program

__all__ = ["lower_matmul", "lower_piece", "lower_pieces"]


@dataclass
class _Product:
    """A call of the matmul kernel in the making.

    Attributes
    ----------
    node : Tensor
        The product itself.
    factors : tuple of int
        Buffers of A and B, as they stand in the graph.
    out : int
        Buffer of the product.
    """

    node: Tensor
    factors: tuple[int, int]
    out: int
    label: str
    origins: Origins
    writes: list[int]
    reads: list[int] = field(default_factory=list)
    epilogue: Program | None = None
    extra: list[Any] = field(default_factory=list)


def lower_matmul(lowered: Lowered, node: Tensor) -> None:
    """One product; a transposed second factor is packed as it is needed."""
    if node.op is FUSED:
        _emit(lowered, _with_epilogue(lowered, node))
        return
    out = lowered.result(node)
    a, b = (lowered.of(item) for item in node.inputs)
    _emit(lowered, _Product(node, (a, b), out, node.op.name, origins_of(node), [out]))


def _with_epilogue(lowered: Lowered, node: Tensor) -> _Product:
    """A product whose tiles go through a program while they are in the cache."""
    body: Body = node.attrs["group"]
    (first,) = [item for item in body.graph.nodes() if item.op.name in PRODUCTS]
    a, b = (lowered.of(node.inputs[item.attrs["index"]]) if item.op is INPUT else -1 for item in first.inputs)
    found = translate(body, first)
    outputs = lowered.outputs(node, body.graph.outputs)
    program = found.program(_access(found), [str(lowered.slots[out].dtype) for out in outputs])
    raw = next((place for place, value in enumerate(found.values) if value == 0), None)
    stored = [place for place in range(len(outputs)) if place != raw]
    results = list(program.results)
    if raw is not None:  # the product itself is wanted, and stands in its own memory
        product = outputs[raw]
    else:
        home = next((place for place in stored if results[place].dtype == str(first.dtype)), None)
        product = lowered.slot(first.shape, first.dtype) if home is None else outputs[home]
        if home is not None:
            results[home] = replace(results[home], alias=0)
    columns = body.domain[1]
    operands = [product, *(lowered.of(node.inputs[source.index]) for source in found.sources[1:])]
    rows = [columns, *(source.strides[0] for source in found.sources[1:])] + [columns] * len(stored)
    extra: list[Any] = []
    for slot, row in zip([*operands, *(outputs[place] for place in stored)], rows, strict=True):
        extra += [Ref(slot), row * lowered.slots[slot].dtype.itemsize]
    return _Product(
        first, (a, b), product, str(body), tuple(body.origins()), list(dict.fromkeys([product, *outputs])),
        operands[1:], replace(program, results=tuple(results[place] for place in stored)), extra,
    )  # fmt: skip


def _access(found: Translation) -> list[tuple[bool, bool]]:
    """Whether each operand varies along columns and along rows; operand 0, the product, does."""
    return [
        (True, True) if place == 0 else (source.strides[1] != 0, source.strides[0] != 0)
        for place, source in enumerate(found.sources)
    ]


def _emit(lowered: Lowered, call: _Product) -> None:
    """The call of the matmul kernel, batch included."""
    node = call.node
    if node.op is CONV_ROWS:
        emit_conv(lowered, call)
        return
    a, b = node.inputs
    flip_a, flip_b = node.attrs["transpose_a"], node.attrs["transpose_b"]
    M, N = node.shape[-2:]
    K = a.shape[-2] if flip_a else a.shape[-1]
    a_slot, a_batch = _batched(lowered, a, call.factors[0], node)
    b_slot, b_batch = _batched(lowered, b, call.factors[1], node)
    call.factors = a_slot, b_slot
    problem = Problem(str(node.dtype), M, N, K, math.prod(node.shape[:-2]), flip_a, flip_b, call.epilogue)
    strides = (1 if flip_a else K, M if flip_a else 1, K if flip_b else N)
    apart = (M * K if a_batch else 0, K * N if b_batch else 0)
    _emit_call(lowered, call, problem, strides, apart)


def lower_pieces(lowered: Lowered, node: Tensor) -> None:
    """A product in pieces of K, see :mod:`nbnet.compiler.split`: a stack of products of parts of the same factors.

    Piece by piece, so that whoever takes chunks from one end stays with its rows of the weight.
    """
    a, b = node.inputs
    count, M, N = node.shape
    whole = a.shape[1]
    K = whole // count
    out = lowered.result(node)
    call = _Product(node, (lowered.of(a), lowered.of(b)), out, f"matmul in {count} pieces", origins_of(node), [out])
    _emit_call(lowered, call, Problem(str(node.dtype), M, N, K, count), (whole, 1, N), (K, K * N))


def lower_piece(lowered: Lowered, node: Tensor) -> None:
    """One of the pieces, where the stack has it."""
    (stack,) = node.inputs
    slot = lowered.slots[lowered.result(node)]
    slot.within, slot.offset = lowered.of(stack), node.attrs["index"] * slot.nbytes


def _emit_call(
    lowered: Lowered, call: _Product, problem: Problem, strides: tuple[int, int, int], apart: tuple[int, int]
) -> None:
    """The call for a problem.

    `strides` are the elements from row to row and from column to column of A and from row to row of B, `apart` those
    from one A and one B to the next.
    """
    target = lowered.target
    M, N, K, batch = problem.M, problem.N, problem.K, problem.batch
    choice = choose(problem, target)
    spec = matmul.spec_for(
        problem.dtype, target.vector_bytes, target.registers, call.epilogue, choice.packing,
        (choice.rows, choice.vectors),
    )  # fmt: skip
    a, b = call.factors
    words = matmul.words(
        Ref(a), Ref(b), Ref(call.out), M, N, K, *strides, N, batch, *apart, M * N, choice.strip, call.extra
    )
    others = {*call.reads, *call.writes} - {call.out}
    lowered.emit(
        Step(
            spec,
            words,
            spec.items(M, N, batch),
            choice.chunk,
            call.label,
            [a, b, *call.reads],
            call.writes,
            flops=spec.flops(M, N, K, batch),
            bytes=spec.bytes(M, N, K, batch) + sum(lowered.slots[slot].nbytes for slot in others),
            origins=call.origins,
            choice=choice.reason,
        )
    )


def _batched(lowered: Lowered, factor: Tensor, slot: int, node: Tensor) -> tuple[int, bool]:
    """The buffer of a factor whose leading axes are either the product's or none, and whether it has them."""
    lead, wanted = factor.shape[:-2], node.shape[:-2]
    if math.prod(lead) == 1:
        return slot, False
    if lead == wanted:
        return slot, True
    full = (*wanted, *factor.shape[-2:])
    spread = lowered.slot(full, factor.dtype)
    source = Strided(slot, aligned(factor.shape, full, full, ()))
    emit_copy(lowered, "broadcast", full, Strided(spread, contiguous(full)), source, origins_of(node))
    return spread, True
