"""A lowered graph in the making: kernel calls over numbered buffers that have no place in memory yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbnet.compiler.fused import PICK
from nbnet.compiler.target import Target
from nbnet.graph.graph import Graph
from nbnet.graph.tensor import Tensor, Variable
from nbnet.graph.trace import Origin

__all__ = ["Lowered", "Ref", "Slot", "Step"]


@dataclass(frozen=True)
class Ref:
    """The address of a buffer, plus an offset in bytes."""

    slot: int
    offset: int = 0


@dataclass
class Slot:
    """A buffer before it has a place.

    Attributes
    ----------
    region : str
        "arena", "input", "constant", "scalar", "state" or "control".
    index : int
        Number within the region.
    within : int or None
        The buffer of whose memory it is a part, from `offset` bytes on.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    region: str = "arena"
    index: int = 0
    payload: Any = None
    within: int | None = None
    offset: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.size * self.dtype.itemsize


@dataclass
class Step:
    """A kernel call before buffers have places.

    Attributes
    ----------
    reads, writes : list of int
        Buffers.
    parts : list
        For a map: (n, refs) of each part; `words` are made from them.
    fresh : set of int
        Buffers of variables of which it reads the new value.
    choice : str
        Why it is done in this way, for people.
    """

    spec: Any
    words: list[Any]
    items: int
    chunk: int
    label: str
    reads: list[int]
    writes: list[int]
    flops: int = 0
    bytes: int = 0
    origins: tuple[Origin, ...] = ()
    parts: list[tuple[int, list[Ref]]] = field(default_factory=list)
    group: int = 0
    guard: int = 0
    fresh: set[int] = field(default_factory=set)
    choice: str = ""

    def settle(self, slots: Sequence[Slot]) -> None:
        """Name the whole buffers in place of those within them."""
        self.reads = list(dict.fromkeys(_home(slots, slot) for slot in self.reads))
        self.words = [_settled(slots, word) if isinstance(word, Ref) else word for word in self.words]
        self.parts = [(n, [_settled(slots, ref) for ref in refs]) for n, refs in self.parts]


def _home(slots: Sequence[Slot], slot: int) -> int:
    """The buffer that holds a buffer."""
    within = slots[slot].within
    return slot if within is None else within


def _settled(slots: Sequence[Slot], ref: Ref) -> Ref:
    """The same address, in the buffer that holds the buffer."""
    return Ref(_home(slots, ref.slot), ref.offset + slots[ref.slot].offset)


class Lowered:
    """Buffers, steps, and which buffer holds which value."""

    def __init__(self, graph: Graph, target: Target) -> None:
        self.graph = graph
        self.target = target
        self.slots: list[Slot] = []
        self.steps: list[Step] = []
        self.place: dict[int, int] = {}
        self.variables: dict[int, int] = {}
        self.guards: list[str] = []
        self.picks: dict[int, list[Tensor]] = {}
        for node in graph.nodes():
            if node.op is PICK:
                self.picks.setdefault(id(node.inputs[0]), []).append(node)
        self._constants: dict[Any, int] = {}

    def slot(
        self, shape: tuple[int, ...], dtype: Any, region: str = "arena", index: int = 0, payload: Any = None
    ) -> int:
        """A new buffer."""
        self.slots.append(Slot(tuple(shape), np.dtype(dtype), region, index, payload))
        return len(self.slots) - 1

    def of(self, node: Tensor) -> int:
        """The buffer of a node's value."""
        return self.place[id(node)]

    def result(self, node: Tensor) -> int:
        """A new buffer for a node's value."""
        self.place[id(node)] = self.slot(node.shape, node.dtype)
        return self.place[id(node)]

    def outputs(self, node: Tensor, shapes: Sequence[Tensor]) -> list[int]:
        """New buffers for the outputs of a fused node, which its picks will look up."""
        slots = [self.slot(output.shape, output.dtype) for output in shapes]
        for user in self.picks[id(node)]:
            self.place[id(user)] = slots[user.attrs["index"]]
        return slots

    def constant(self, value: np.ndarray) -> int:
        """The buffer of a constant; equal ones share it."""
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self._constants:
            self._constants[key] = self.slot(value.shape, value.dtype, "constant", payload=value)
        return self._constants[key]

    def variable(self, variable: Variable) -> int:
        """The buffer of a variable."""
        if id(variable) not in self.variables:
            index = len(self.variables)
            self.variables[id(variable)] = self.slot(variable.shape, variable.dtype, "state", index, variable)
        return self.variables[id(variable)]

    def control(self) -> int:
        """The cell that checks and guards write."""
        for number, slot in enumerate(self.slots):
            if slot.region == "control":
                return number
        return self.slot((8,), np.dtype("int64"), "control")

    def emit(self, step: Step) -> None:
        """Append a step; one without work items does nothing and is left out."""
        if step.items > 0:
            self.steps.append(step)
