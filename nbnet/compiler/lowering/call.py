"""A fused group on its way to a kernel call: its program, its buffers, and how they lie along the group's axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbnet.compiler.fused import Body
from nbnet.compiler.layout import Strides, contiguous, regular
from nbnet.compiler.lowered import Lowered, Step
from nbnet.compiler.lowering.moves import Strided, emit_copy
from nbnet.compiler.programs import NAMES, translate
from nbnet.graph.tensor import Tensor
from nbnet.kernels.program import Program

__all__ = ["Call", "Walk"]


@dataclass(frozen=True)
class Walk:
    """A buffer, its strides along the axes of the group's domain in elements, and whether it is one number a lane."""

    slot: int
    strides: Strides
    lane: bool


class Call:
    """What a kernel call for a fused group is made of.

    Parameters
    ----------
    lowered : Lowered
    node : Tensor
        The fused node.
    spans : sequence of range
        Runs of the domain's axes that the kernel sees as one. An operand that no kernel could walk through that
        way is broadcast into a new buffer.

    Attributes
    ----------
    operands, results : list of Walk
        Of the results, the group's picks know the buffers.
    """

    def __init__(self, lowered: Lowered, node: Tensor, spans: Sequence[range] = ()) -> None:
        self.lowered = lowered
        self.body: Body = node.attrs["group"]
        self.found = translate(self.body)
        self.operands = [
            self._walkable(Walk(lowered.of(node.inputs[source.index]), source.strides, source.lane), spans)
            for source in self.found.sources
        ]
        self.results = [
            Walk(slot, strides, lane)
            for slot, strides, lane in zip(
                lowered.outputs(node, self.body.graph.outputs), self.found.targets, self.found.lanes, strict=True
            )
        ]

    @property
    def walks(self) -> list[Walk]:
        """Operands, then results."""
        return [*self.operands, *self.results]

    @property
    def elements(self) -> int:
        """Elements of the domain."""
        return math.prod(self.body.domain)

    def size(self, span: range) -> int:
        """Extent of a span of axes seen as one."""
        return math.prod(self.body.domain[axis] for axis in span)

    def along(self, span: range) -> list[int]:
        """Stride of each array along a span of axes seen as one."""
        domain = self.body.domain
        return [
            min((walk.strides[axis] for axis in span if domain[axis] != 1 and walk.strides[axis] != 0), default=0)
            for walk in self.walks
        ]

    def itemsize(self, walk: Walk) -> int:
        """Bytes of an element."""
        return self.lowered.slots[walk.slot].dtype.itemsize

    def program(self, access: Sequence[tuple[bool, bool]]) -> Program:
        """The group's program, its operands varying along (inner, outer) as `access` says."""
        return self.found.program(access, [NAMES[self.lowered.slots[walk.slot].dtype] for walk in self.results])

    def only_reduces(self) -> bool:
        """Whether all it does for a lane is to sum or to find an extremum, so that lanes may be cut into pieces."""
        lanes = [step for step in self.found.body if step.lane]
        return all(self.found.lanes) and all(step.op in ("sum", "max", "min") for step in lanes)

    def operation(self, result: int) -> str:
        """The op that a result is the value of."""
        return self.found.body[self.found.values[result] - len(self.found.sources)].op

    def partial(self, pieces: int, outer: int, inner: int) -> list[Walk]:
        """In place of the results, buffers (outer, pieces, inner) for those of pieces."""
        return [
            replace(walk, slot=self.lowered.slot((outer, pieces, inner), self.lowered.slots[walk.slot].dtype))
            for walk in self.results
        ]

    def emit(self, spec: Any, words: list[Any], items: int, chunk: int, results: Sequence[Walk] | None = None) -> None:
        """Append the kernel call; `results` are what it writes where that is not the group's results."""
        reads = [walk.slot for walk in self.operands]
        writes = [walk.slot for walk in (self.results if results is None else results)]
        self.lowered.emit(
            Step(
                spec,
                words,
                items,
                chunk,
                label=str(self.body),
                reads=reads,
                writes=writes,
                flops=self.elements * spec.program.flops,
                bytes=sum(self.lowered.slots[slot].nbytes for slot in dict.fromkeys([*reads, *writes])),
                origins=tuple(self.body.origins()),
            )
        )

    def _walkable(self, walk: Walk, spans: Sequence[range]) -> Walk:
        """An operand as a kernel can walk through it."""
        domain, axes = self.body.domain, self.body.axes
        sizes = [1 if walk.lane and axis in axes else size for axis, size in enumerate(domain)]
        if all(regular([sizes[axis] for axis in span], tuple(walk.strides[axis] for axis in span)) for span in spans):
            return walk
        full = self.lowered.slot(tuple(sizes), self.lowered.slots[walk.slot].dtype)
        own = contiguous(sizes)
        emit_copy(self.lowered, "broadcast", sizes, Strided(full, own), Strided(walk.slot, walk.strides))
        return replace(walk, slot=full, strides=own)
