"""The map kernel: element-wise programs over flat buffers."""

from __future__ import annotations

from nbnet.compiler.lowered import Lowered, Ref, Step
from nbnet.graph.trace import Origin
from nbnet.kernels import map as flat
from nbnet.kernels.program import Instruction, Operand, Program, Result

__all__ = ["emit_flat_copy", "emit_map"]


def emit_map(
    lowered: Lowered, program: Program, n: int, reads: list[int], writes: list[int], label: str,
    origins: tuple[Origin, ...] = (), group: int = 0,
) -> None:  # fmt: skip
    """One part of a map kernel: `program` over n elements of the buffers `reads` and `writes`."""
    sizes = [1 if not operand.inner else n for operand in program.operands] + [n] * len(program.results)
    slots = [*reads, *writes]
    lowered.emit(
        Step(
            flat.Spec(program),
            [],
            flat.items([n]),
            flat.Spec(program).chunk(flat.items([n])),
            label,
            reads,
            writes,
            flops=n * program.flops,
            bytes=sum(size * lowered.slots[slot].dtype.itemsize for size, slot in zip(sizes, slots, strict=True)),
            origins=origins,
            parts=[(n, [Ref(slot) for slot in slots])],
            group=group,
        )
    )


def emit_flat_copy(lowered: Lowered, src: int, dst: int, label: str, group: int = 0) -> None:
    """dst = src, as a map that can be merged with others."""
    slot = lowered.slots[src]
    dtype = str(slot.dtype)
    program = Program((Operand(dtype),), (Instruction("copy", (0,), dtype),), (Result(1, dtype),))
    emit_map(lowered, program, slot.size, [src], [dst], label, group=group)
