"""Row-wise kernel: element-wise formulas over rows, with sums, maxima and argmaxima along them.

A softmax, a cross-entropy, or any element-wise formula whose operands are broadcast is one such kernel. For
each row the program's passes run one after the other, while the row is in cache.

Formula
    the program's; its lanes are the rows of an array seen as (o1, …, ok, n).
Words
    ``[n, piece, pieces, o2, …, ok]``, then for each operand and result its address and its k byte strides
    along o1 … ok (0 where it does not vary; for a result of a cut row, then also bytes from piece to piece).
Work items
    rows; with ``cut`` pieces of rows, ``piece`` elements each, of which every one writes its own partial
    result: pieces are fixed by the problem and combined by a second kernel in their order.
FLOPs and bytes
    the program's cost an element; operands are counted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbnet.kernels.program import Program

__all__ = ["HEADER", "PIECE", "Spec"]

HEADER = 3
PIECE = 4096
"""Elements of a row that is cut."""


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
    """

    program: Program
    rank: int = 1
    cut: bool = False
    family: ClassVar[str] = "rows"
