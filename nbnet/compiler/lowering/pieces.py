"""Products in pieces of K, see :mod:`nbnet.compiler.split`: a stack of products over parts of the same factors."""

from __future__ import annotations

from nbnet.compiler.choices import Problem, choose
from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.compiler.lowering.moves import origins_of
from nbnet.graph.tensor import Tensor
from nbnet.kernels import matmul

__all__ = ["lower_piece", "lower_pieces"]


def lower_pieces(lowered: Lowered, node: Tensor) -> None:
    """One call; piece by piece, so that whoever takes chunks from one end stays with its rows of the weight."""
    a, b = node.inputs
    a_slot, b_slot = lowered.of(a), lowered.of(b)
    out = lowered.result(node)
    batch, M, N = node.shape
    whole = a.shape[1]
    K = whole // batch
    dtype, target = str(node.dtype), lowered.target
    choice = choose(Problem(dtype, M, N, K, batch), target)
    spec = matmul.spec_for(
        dtype, target.vector_bytes, target.registers, None, choice.packing, (choice.rows, choice.vectors)
    )
    words = matmul.words(
        Ref(a_slot), Ref(b_slot), Ref(out), M, N, K, whole, 1, N, N, batch, K, K * N, M * N, choice.strip
    )
    lowered.emit(
        Step(
            spec,
            words,
            spec.items(M, N, batch),
            choice.chunk,
            f"matmul in {batch} pieces",
            [a_slot, b_slot],
            [out],
            flops=spec.flops(M, N, K, batch),
            bytes=spec.bytes(M, N, K, batch),
            origins=origins_of(node),
            choice=choice.reason,
        )
    )


def lower_piece(lowered: Lowered, node: Tensor) -> None:
    """One of the products, where the stack has it."""
    (stack,) = node.inputs
    out = lowered.result(node)
    slot = lowered.slots[out]
    slot.within, slot.offset = lowered.of(stack), node.attrs["index"] * slot.nbytes
