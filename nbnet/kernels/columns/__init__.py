"""Column-wise kernel: element-wise formulas over an array (o, r, n), with sums and maxima along its middle axis.

A bias gradient, or a whole batch normalization with its statistics, is one such kernel. Each work item owns a
block of columns and runs the program's passes over them one after the other.

Formula
    the program's; its lanes are the columns.
Words
    ``[r, n, width, blocks, piece, pieces]``, then for each operand and result: address, bytes from o to o,
    bytes from row to row (for a lane result: from piece to piece).
Work items
    o x pieces x blocks: ``blocks`` blocks of ``width`` columns (at most ``WIDTH``); rows may be cut into
    ``pieces`` of ``piece`` rows, each writing a partial result; pieces are fixed by the problem and combined
    by a second kernel in their order.
FLOPs and bytes
    the program's cost an element; operands are counted once a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbnet.kernels.program import Program

__all__ = ["HEADER", "PIECE", "WIDTH", "Spec"]

HEADER = 6
WIDTH = 64
"""Most columns of a work item; running sums of so many stay in the first-level cache."""
PIECE = 2048
"""Rows of a piece where rows are cut."""


@dataclass(frozen=True)
class Spec:
    """What one compiled columns kernel is specialised for."""

    program: Program
    family: ClassVar[str] = "columns"
