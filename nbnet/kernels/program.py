"""A fused computation as plain data: what an element-wise, row-wise or column-wise kernel is built from.

A program works on a block of elements. Some of its values differ from *element* to element, others are one
number a *lane*: a lane is what a reduction sums over, a row in the ``rows`` kernel and a column in the
``columns`` kernel. Reductions turn element values into lane values, which later instructions may use again.

Programs hold no shapes and no constants (those are operands), so one compiled kernel serves every batch size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["REDUCTIONS", "Instruction", "Operand", "Pass", "Program", "Result", "chunk", "passes"]

REDUCTIONS = ("sum", "max", "min", "argmax")

_LEAST_OPERATIONS = 1 << 15
"""Simple operations that a chunk has at least: about half a microsecond, several times what taking it costs."""
_FEW = 32
"""Chunks up to which they are small: enough to share among threads that do not begin at the same time."""
_MANY_OPERATIONS = 1 << 19
"""Simple operations of a chunk where there are more chunks than `_FEW`."""
_MOST = 256


def chunk(operations: int, items: int) -> int:
    """Work items a chunk, for so many work items of so many simple operations."""
    total = max(operations, 1) * items
    chunks = max(min(total // _LEAST_OPERATIONS, _FEW), min(total // _MANY_OPERATIONS, _MOST), 1)
    return max(1, -(-items // chunks))


@dataclass(frozen=True)
class Operand:
    """An input of a program.

    Attributes
    ----------
    dtype : str
    inner : bool
        Whether it varies along the innermost (contiguous, vectorised) axis.
    outer : bool
        Whether it varies along the other axes of the block.
    lane : bool
        Whether it is one number a lane.
    """

    dtype: str
    inner: bool = True
    outer: bool = True
    lane: bool = False


@dataclass(frozen=True)
class Instruction:
    """One step: `op` of earlier values. `lane` tells whether the result is one number a lane."""

    op: str
    args: tuple[int, ...]
    dtype: str
    lane: bool = False
    formula: Any = None


@dataclass(frozen=True)
class Result:
    """An output.

    Attributes
    ----------
    value : int
        Number of the value.
    alias : int or None
        The operand whose memory it overwrites in place; None: its own memory.
    own : bool
        Whether other cores may have read that memory since it was written, so that its cache lines are better asked
        for early.
    """

    value: int
    dtype: str
    lane: bool = False
    alias: int | None = None
    own: bool = False


@dataclass(frozen=True)
class Program:
    """Operands are values 0 … k-1; instruction i is value k + i."""

    operands: tuple[Operand, ...]
    body: tuple[Instruction, ...]
    results: tuple[Result, ...]

    EXPENSIVE: ClassVar[dict[str, int]] = {
        "exp": 12, "log": 14, "log1p": 18, "tanh": 18, "sigmoid": 16, "softplus": 30, "power": 40, "formula": 20,
        "divide": 4, "quick_divide": 4, "sqrt": 4, "rsqrt": 6,
    }  # fmt: skip

    def dtype(self, value: int) -> str:
        """Dtype of a value."""
        k = len(self.operands)
        return self.operands[value].dtype if value < k else self.body[value - k].dtype

    def is_lane(self, value: int) -> bool:
        """Whether a value is one number a lane."""
        k = len(self.operands)
        return self.operands[value].lane if value < k else self.body[value - k].lane

    @property
    def flops(self) -> int:
        """Rough cost of one element, in simple operations; a transcendental function counts as several."""
        return sum(self.EXPENSIVE.get(step.op, 1) for step in self.body if not step.lane or step.op in REDUCTIONS)

    @property
    def cost(self) -> int:
        """Simple operations for one element, each access to memory counted as two."""
        return self.flops + 2 * (len(self.operands) + len(self.results))

    def __str__(self) -> str:
        k = len(self.operands)
        lines = [f"{k + i}: {step.op}{step.args}" for i, step in enumerate(self.body)]
        return "; ".join(lines)


@dataclass(frozen=True)
class Pass:
    """One sweep over the elements of a lane.

    Attributes
    ----------
    lanes : tuple of int
        Instructions computed once a lane, before the sweep.
    reductions : tuple of int
        Instructions that the sweep accumulates.
    stored : tuple of int
        Results, one number an element, that the sweep writes.
    """

    lanes: tuple[int, ...]
    reductions: tuple[int, ...]
    stored: tuple[int, ...]

    @property
    def sweeps(self) -> bool:
        """Whether it looks at the elements at all."""
        return bool(self.reductions or self.stored)


def passes(program: Program) -> list[Pass]:
    """The passes over a lane that a program needs, in their order.

    A reduction made in one pass is known before the next. Element values are computed anew in each pass that
    needs them; lane values are kept.
    """
    k = len(program.operands)
    known = [0] * k
    for step in program.body:
        at = max((known[arg] for arg in step.args), default=0)
        known.append(at + 1 if step.op in REDUCTIONS else at)
    found = []
    for number in range(max(known, default=0) + 1):
        here = [index for index, step in enumerate(program.body) if known[k + index] == number]
        found.append(
            Pass(
                tuple(i for i in here if program.body[i].lane and program.body[i].op not in REDUCTIONS),
                tuple(i for i, step in enumerate(program.body) if step.op in REDUCTIONS and known[k + i] == number + 1),
                tuple(
                    i for i, result in enumerate(program.results) if not result.lane and known[result.value] == number
                ),
            )
        )
    return found
