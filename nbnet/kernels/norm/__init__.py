"""Squared norm of several arrays, in partial sums: out[block] = sum of x[i]^2 over the block.

What a guard looks at before weights are written: a NaN or an infinity makes the partial sum of its block not
finite. Squares are summed in float64, where those of float32 numbers cannot overflow.

Words
    ``[parts, address of out, part 0, part 1, …]``, each part ``[first item, n, address]``.
Work items
    blocks of ``BLOCK`` elements, part after part; out has one float64 a block.
FLOPs and bytes
    2 n; each array is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["BLOCK", "CHUNK", "Spec", "items", "words"]

BLOCK = 8192
"""Elements of one work item."""
CHUNK = 4
"""Work items a chunk."""


@dataclass(frozen=True)
class Spec:
    """Specialised for the dtype of the arrays: "float32" or "float64"."""

    dtype: str
    family: ClassVar[str] = "norm"


def items(sizes: Sequence[int]) -> int:
    """Blocks of arrays with these numbers of elements."""
    return sum(-(-n // BLOCK) for n in sizes)


def words(out: Any, parts: Sequence[tuple[int, Any]]) -> list[Any]:
    """The words of parts given as (n, address)."""
    found: list[Any] = [len(parts), out]
    first = 0
    for n, address in parts:
        found += [first, n, address]
        first += items([n])
    return found
