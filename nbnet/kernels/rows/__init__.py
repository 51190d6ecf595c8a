"""Row-wise kernel: element-wise formulas over rows, with sums, maxima and argmaxima along them.

A softmax, a cross-entropy, or any element-wise formula whose operands are broadcast is one such kernel. For
each row the program's passes run one after the other, while the row is in cache.

Formula
    the program's; its lanes are the rows of an array seen as (o1, …, ok, n).
Words
    ``[n, piece, pieces, o2, …, ok]``, then for each operand and result its address and its k byte strides
    along o1 … ok (0 where it does not vary; where rows are cut, then also a result's bytes from piece to piece).
Work items
    rows; with ``cut`` pieces of rows, ``PIECE`` elements each, of which every one writes its own partial
    result: pieces are fixed by the problem and combined by a second kernel in their order.
FLOPs and bytes
    the program's cost an element; operands are counted once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.kernels import program as programs
from nbnet.kernels.program import Program

__all__ = ["HEADER", "PIECE", "Array", "Geometry", "Spec"]

HEADER = 3
PIECE = 4096
"""Elements of a piece where rows are cut."""
_PER_ROW = 2048
"""What a row costs beside its elements: reductions across a vector, and what is computed once a row."""
SHORT = 48
"""Elements up to which rows are short."""


@dataclass(frozen=True)
class Spec:
    """What one compiled rows kernel is specialised for.

    Attributes
    ----------
    program : Program
    rank : int
        Number k of outer axes.
    cut : bool
        Whether rows are cut into pieces; then the program is one pass of reductions.
    short : bool
        Whether rows are so short that what does not fill a vector counts.
    """

    program: Program
    rank: int = 1
    cut: bool = False
    short: bool = False
    family: ClassVar[str] = "rows"


@dataclass(frozen=True)
class Array:
    """How a kernel walks through an operand or result.

    Attributes
    ----------
    address : address
    steps : sequence of int
        Bytes from index to index along each outer axis.
    piece : int
        For a result of a cut row: bytes from piece to piece.
    """

    address: Any
    steps: Sequence[int]
    piece: int = 0


@dataclass(frozen=True)
class Geometry:
    """Extents: the outer axes, the length of a row, and whether rows are cut into pieces."""

    outer: tuple[int, ...]
    length: int
    cut: bool = False

    @property
    def pieces(self) -> int:
        """Pieces of a row."""
        return -(-self.length // PIECE) if self.cut else 1

    @property
    def elements(self) -> int:
        """Elements of all rows."""
        return math.prod(self.outer) * self.length

    def items(self) -> int:
        """Work items."""
        return math.prod(self.outer) * self.pieces

    def chunk(self, program: Program) -> int:
        """Work items a chunk."""
        return programs.chunk(program.cost * (PIECE if self.cut else self.length) + _PER_ROW, self.items())

    def words(self, arrays: Sequence[Array]) -> list[Any]:
        """The words of a call for operands, then results; addresses pass through untouched."""
        found: list[Any] = [self.length, PIECE if self.cut else max(self.length, 1), self.pieces, *self.outer[1:]]
        for array in arrays:
            found += [array.address, *array.steps]
            if self.cut:
                found.append(array.piece)
        return found
