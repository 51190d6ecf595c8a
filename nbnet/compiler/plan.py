"""The plan: plain data that says which kernels run, in which order, on which memory.

Memory is named by (region, index, offset); base addresses are bound when the plan runs. Regions are

* ``input`` k, the caller's arrays; ``state`` k, a variable; ``scalar``, run-time scalars, 8 bytes each;
* ``constant``, a blob that belongs to the plan; ``arena``, intermediates; ``control``, one cell that guards
  and checks write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.graph.tensor import RuntimeScalar, Variable
from nbnet.graph.trace import Origin

__all__ = ["MOST_CHUNKS", "Address", "Buffer", "Entry", "Plan"]

MOST_CHUNKS = (1 << 16) - 1
"""Chunks that an entry may have: those taken from either end are counted in 16 bits."""


@dataclass(frozen=True)
class Address:
    """A place in memory, known up to the base address of its region."""

    region: str
    index: int = 0
    offset: int = 0

    def __str__(self) -> str:
        index = f"[{self.index}]" if self.region in ("input", "state") else ""
        return f"{self.region}{index}+{self.offset}"


@dataclass(frozen=True)
class Buffer:
    """An array of a plan."""

    address: Address
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


@dataclass(frozen=True)
class Entry:
    """One kernel call over a number of work items.

    Attributes
    ----------
    spec : object
        Which kernel; ``spec.family`` names it.
    words : tuple of int and Address
        The kernel's arguments.
    items, chunk : int
        Work items, and how many of them a thread takes at a time; fixed by the problem.
    label : str
        What it computes, for people.
    shapes : str
        Shapes read and written, for people.
    flops, bytes : int
    origins : tuple of Origin
        Layers and source lines it came from.
    group : int
        Update group whose state it writes, 0 for none.
    guard : int
        Number of the guard that this entry is, 0 for none.
    beside : int
        How many of the entries directly before this one may still run when it begins.
    choice : str
        Why it is done in this way, for people; "" where there was no choice.
    """

    spec: Any
    words: tuple[int | Address, ...]
    items: int
    chunk: int
    label: str
    shapes: str = ""
    flops: int = 0
    bytes: int = 0
    origins: tuple[Origin, ...] = ()
    group: int = 0
    guard: int = 0
    beside: int = 0
    choice: str = ""

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return -(-self.items // self.chunk)


@dataclass(frozen=True, repr=False)
class Plan:
    """All that one step does.

    Attributes
    ----------
    entries : tuple of Entry
    inputs : tuple of (shape, dtype)
    outputs : tuple of Buffer
    variables : tuple of Variable
        Region ``state`` by index.
    scalars : tuple of RuntimeScalar
        Region ``scalar`` by index.
    constants : bytes
    arena : int
        Bytes of the arena: the peak of intermediates.
    guards : tuple of str
        Names of the guards, numbered from 1.
    """

    entries: tuple[Entry, ...]
    inputs: tuple[tuple[tuple[int, ...], np.dtype], ...]
    outputs: tuple[Buffer, ...]
    variables: tuple[Variable, ...] = ()
    scalars: tuple[RuntimeScalar, ...] = ()
    constants: bytes = b""
    arena: int = 0
    guards: tuple[str, ...] = ()

    @property
    def flops(self) -> int:
        """Operations of a step."""
        return sum(entry.flops for entry in self.entries)

    @property
    def bytes(self) -> int:
        """Bytes that the kernels read and write."""
        return sum(entry.bytes for entry in self.entries)

    @property
    def flushes(self) -> bool:
        """Whether subnormal numbers count as zero: where weights are trained.

        The means of an optimizer would decay to subnormal numbers where a gradient has become zero and stay there,
        and make its update several times slower for nothing.
        """
        return bool(self.guards)

    def __repr__(self) -> str:
        entries, kernels = len(self.entries), len(self.kernels())
        return f"Plan({entries} entries, {kernels} kernels, {self.flops} FLOPs, {self.arena} B arena)"

    def kernels(self) -> list[Any]:
        """The different kernels that the plan needs."""
        return list(dict.fromkeys(entry.spec for entry in self.entries))
