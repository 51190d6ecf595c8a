"""Column-wise kernel: element-wise formulas over an array (o, r, n), with sums and maxima along its middle axis.

A bias gradient, or a whole batch normalization with its statistics, is one such kernel. Each work item owns a
block of columns and runs the program's passes over them one after the other.

Formula
    the program's; its lanes are the columns. Sums of floats add up ``SUMMED`` rows at a time and then these
    partial sums, so that the rounding of a million rows stays that of a few thousand.
Words
    ``[r, n, width, blocks, piece, pieces]``, then for each operand and result: address, bytes from o to o,
    bytes from row to row (for a lane result: from piece to piece).
Work items
    o x pieces x blocks: ``blocks`` blocks of ``width`` columns (at most ``WIDTH``); rows may be cut into
    ``pieces`` of ``PIECE`` rows, each writing a partial result; pieces are fixed by the problem and combined
    by a second kernel in their order.
FLOPs and bytes
    the program's cost an element; operands are counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbnet.kernels import program as programs
from nbnet.kernels.program import Program

__all__ = ["HEADER", "PIECE", "SUMMED", "WIDTH", "Array", "Geometry", "Spec"]

HEADER = 6
WIDTH = 64
"""Most columns of a work item; running sums of so many stay in the first-level cache."""
PIECE = 2048
"""Rows of a piece where rows are cut."""
SUMMED = 128
"""Rows that are summed up before their sum is added to the total."""


@dataclass(frozen=True)
class Spec:
    """What one compiled columns kernel is specialised for.

    Attributes
    ----------
    program : Program
    width : int
        A number of columns for which blocks have code of their own; 0: for none.
    """

    program: Program
    width: int = 0
    family: ClassVar[str] = "columns"


@dataclass(frozen=True)
class Array:
    """How a kernel walks through an operand or result.

    Attributes
    ----------
    address : address
    across : int
        Bytes from o to o.
    down : int
        Bytes from row to row; for a result that is one number a column: from piece to piece.
    """

    address: Any
    across: int
    down: int


@dataclass(frozen=True)
class Geometry:
    """Extents (o, r, n), and whether rows are cut into pieces."""

    outer: int
    rows: int
    columns: int
    cut: bool = False

    @property
    def width(self) -> int:
        """Columns of a work item: as few as make several blocks where there are not columns enough for more."""
        if self.columns >= 8 * WIDTH:
            return WIDTH
        return max(16, min(WIDTH, self.columns // 4 // 16 * 16))

    @property
    def blocks(self) -> int:
        """Blocks of columns."""
        return -(-self.columns // self.width)

    @property
    def pieces(self) -> int:
        """Pieces of the rows."""
        return -(-self.rows // PIECE) if self.cut else 1

    @property
    def elements(self) -> int:
        """Elements of the array."""
        return self.outer * self.rows * self.columns

    def items(self) -> int:
        """Work items."""
        return self.outer * self.pieces * self.blocks

    def chunk(self, program: Program) -> int:
        """Work items a chunk."""
        return programs.chunk(program.cost * (PIECE if self.cut else self.rows) * self.width, self.items())

    def words(self, arrays: Sequence[Array]) -> list[Any]:
        """The words of a call for operands, then results; addresses pass through untouched."""
        piece = PIECE if self.cut else max(self.rows, 1)
        found: list[Any] = [self.rows, self.columns, self.width, self.blocks, piece, self.pieces]
        for array in arrays:
            found += [array.address, array.across, array.down]
        return found
