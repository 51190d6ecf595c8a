"""A fused computation as plain data: what an element-wise, row-wise or column-wise kernel is built from.

A program works on a block of elements. Some of its values differ from *element* to element, others are one
number a *lane*: a lane is what a reduction sums over, a row in the ``rows`` kernel and a column in the
``columns`` kernel. Reductions turn element values into lane values, which later instructions may use again.

Programs hold no shapes and no constants (those are operands), so one compiled kernel serves every batch size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["REDUCTIONS", "Instruction", "Operand", "Program", "Result", "stages"]

REDUCTIONS = ("sum", "max", "min", "argmax")


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
    """An output: value number, and the operand whose memory it overwrites in place (None: its own memory)."""

    value: int
    dtype: str
    lane: bool = False
    alias: int | None = None


@dataclass(frozen=True)
class Program:
    """Operands are values 0 … k-1; instruction i is value k + i."""

    operands: tuple[Operand, ...]
    body: tuple[Instruction, ...]
    results: tuple[Result, ...]

    EXPENSIVE: ClassVar[dict[str, int]] = {
        "exp": 12, "log": 14, "log1p": 18, "tanh": 18, "sigmoid": 16, "softplus": 30, "power": 40, "formula": 20,
        "divide": 4, "sqrt": 4, "rsqrt": 6,
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

    def __str__(self) -> str:
        k = len(self.operands)
        lines = [f"{k + i}: {step.op}{step.args}" for i, step in enumerate(self.body)]
        return "; ".join(lines)


def stages(program: Program) -> list[int]:
    """When each value is known, counted in passes over the lane.

    Returns
    -------
    list of int
        For an element value, the pass in which it can be computed; for a lane value, the pass before which
        it is known. A reduction made in pass s is known before pass s + 1.
    """
    found: list[int] = [0] * len(program.operands)
    for step in program.body:
        at = max((found[arg] for arg in step.args), default=0)
        found.append(at + 1 if step.op in REDUCTIONS else at)
    return found
