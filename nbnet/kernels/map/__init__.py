"""Element-wise kernel over flat buffers: y[i] = f(x0[i], x1[i], …, s0, s1, …).

One call serves several *parts*: the same formula over other buffers, such as an optimizer's update of every
variable of a model.

Formula
    the program's, for each element i; operands are flat arrays (``inner``) or single numbers.
Words
    ``[parts, part 0, part 1, …]``, each part ``[first item, n, address of each operand, of each result]``.
Work items
    blocks of ``BLOCK`` elements, part after part.
FLOPs and bytes
    ``flops(n)`` by the program's cost an element; each array read or written once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.kernels.program import Program, chunk

__all__ = ["BLOCK", "Spec", "items", "words"]

BLOCK = 1024
"""Elements of one work item."""


@dataclass(frozen=True)
class Spec:
    """What one compiled map kernel is specialised for."""

    program: Program
    family: ClassVar[str] = "map"

    @property
    def part_words(self) -> int:
        """Words that describe one part."""
        return 2 + len(self.program.operands) + len(self.program.results)

    def chunk(self, items: int) -> int:
        """Work items a chunk, of so many."""
        return chunk(self.program.cost * BLOCK, items)


def items(sizes: Sequence[int]) -> int:
    """Work items of parts with these numbers of elements."""
    return sum(-(-n // BLOCK) for n in sizes)


def words(parts: Sequence[tuple[int, Sequence[Any]]]) -> list[Any]:
    """The words of parts given as (n, addresses of operands and results)."""
    found: list[Any] = [len(parts)]
    first = 0
    for n, addresses in parts:
        found += [first, n, *addresses]
        first += items([n])
    return found
