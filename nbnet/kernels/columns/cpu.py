"""The columns kernel on the CPU: for each block of columns, one sweep over the rows for each pass.

What is one number a column (statistics, running sums) lies in a small block on the stack; the inner loop runs
along the columns and vectorises.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbnet.kernels.arithmetic import make_scratch
from nbnet.kernels.columns import HEADER, SUMMED, WIDTH, Spec
from nbnet.kernels.expression import Writer
from nbnet.kernels.loops import make_in_vectors_only, make_late
from nbnet.kernels.memory import ITEMSIZE
from nbnet.kernels.program import Pass, Program, passes

__all__ = ["build"]

LANES = 16
"""Numbers of a vector: those of float32 on the widest machines."""


class _Columns(Writer):
    """A writer that keeps what is one number a column in blocks on the stack.

    ``t<n>`` is the block of lane value n, ``u<n>`` that of a sum's next summand.
    """

    def __init__(self, program: Program) -> None:
        k = len(program.operands)
        lanes = [k + index for index, step in enumerate(program.body) if step.lane]
        sums = [n for n in lanes if program.body[n - k].op == "sum" and program.dtype(n).startswith("float")]
        self.blocks = [f"t{n}" for n in lanes] + [f"u{n}" for n in sums]
        self.columns = "cols"
        super().__init__(program, scratch=len(self.blocks))

    def each(self, depth: int) -> None:
        """A loop over the columns j of the block."""
        self.add(depth, f"for j in range({self.columns}):")

    def allocate(self, depth: int) -> None:
        """Make the blocks."""
        for block in self.blocks:
            size = WIDTH * ITEMSIZE[self.program.dtype(int(block[1:]))]
            self.names[f"scratch{size}"] = make_scratch(size)
            self.add(depth, f"{block} = scratch{size}()")

    def has_partial(self, number: int) -> bool:
        """Whether value `number` is a sum in two levels."""
        return f"u{number}" in self.blocks

    def fetch(self, block: str) -> str:
        """Source of the number of column j in a block."""
        dtype, scope = self.program.dtype(int(block[1:])), len(self.buffers) + self.blocks.index(block)
        return f"{self.accessor('load', dtype, scope, f'fetch_{block}')}({block}, j)"

    def keep(self, depth: int, block: str, value: str) -> None:
        """Set the number of column j in a block."""
        dtype, scope = self.program.dtype(int(block[1:])), len(self.buffers) + self.blocks.index(block)
        self.add(depth, f"{self.accessor('store', dtype, scope, f'keep_{block}')}({block}, j, {value})")

    def lanes(self, depth: int, numbers: Iterable[int]) -> None:
        """Load lane values of column j, from the stack or from an operand."""
        for number in sorted(set(numbers)):
            if number >= self.operands:
                self.add(depth, f"v{number} = {self.fetch(f't{number}')}")
            elif self.program.operands[number].inner:
                access = self.accessor("load", self.program.dtype(number), number, f"load{number}")
                self.add(depth, f"v{number} = {access}(b{number}, j)")


def build(spec: Spec) -> Any:
    """Generate the kernel of `spec`."""
    program, writer = spec.program, _Columns(spec.program)
    writer.add(0, "def kernel(words, start, stop):")
    writer.add(1, "wide()")
    if spec.width:
        writer.names["in_vectors_only"] = make_in_vectors_only(max(1, spec.width // LANES))
        writer.add(1, "in_vectors_only()")
    for index, name in enumerate(("rows", "n", "width", "blocks", "piece", "pieces")):
        writer.add(1, f"{name} = word(words, {index})")
    for index in range(len(writer.buffers)):
        for place, name in enumerate("aor"):
            writer.add(1, f"{name}{index} = word(words, {HEADER + 3 * index + place})")
    writer.allocate(1)
    writer.load_single_numbers(1)
    writer.add(1, "for item in range(start, stop):")
    writer.add(2, "rest = item // blocks")
    writer.add(2, "col0 = (item - rest * blocks) * width")
    writer.add(2, "cols = min(width, n - col0)")
    writer.add(2, "outer = rest // pieces")
    writer.add(2, "number = rest - outer * pieces")
    writer.add(2, "row0 = number * piece")
    writer.add(2, "row1 = min(row0 + piece, rows)")
    for index, buffer in enumerate(writer.buffers):
        operand = program.operands[index] if writer.is_operand(index) else None
        inner = operand.inner if operand else True
        text = f"a{index} + outer * o{index}"
        text += f" + col0 * {writer.itemsize(index)}" if inner else ""
        text += f" + number * r{index}" if not operand and buffer.lane else ""
        writer.add(2, f"b{index} = {text}")
        if operand and operand.lane and not inner and operand.outer:
            writer.add(2, f"p{index} = b{index}")
            writer.load(2, index, "0")
    if spec.width:  # loops of a known length become straight vector code, with sums in registers
        writer.add(2, f"if cols == {spec.width}:")
        writer.names["late"] = make_late(spec.width)
        _block(writer, "late()")
        writer.add(2, "else:")
        _block(writer, "cols")
    else:
        writer.add(2, "if True:")
        _block(writer, "cols")
    return writer.compiled("kernel")


def _block(writer: _Columns, columns: str) -> None:
    """All passes over a block of columns; `columns` is the source of their number."""
    writer.columns = columns
    for step in passes(writer.program):
        _once_a_column(writer, step)
        if step.sweeps:
            _sweep(writer, step)
    lane_results = [index for index, result in enumerate(writer.program.results) if result.lane]
    if lane_results:
        writer.each(3)
        writer.lanes(4, (writer.program.results[index].value for index in lane_results))
        for index in lane_results:
            writer.add(4, f"p{writer.operands + index} = b{writer.operands + index}")
            writer.store(4, index, "j")


def _once_a_column(writer: _Columns, step: Pass) -> None:
    """What is computed once a column before a pass."""
    if not step.lanes:
        return
    k = writer.operands
    writer.each(3)
    computed = {k + index for index in step.lanes}
    writer.lanes(4, {arg for index in step.lanes for arg in writer.program.body[index].args} - computed)
    for index in step.lanes:
        writer.instruction(4, k + index, "(col0 + j)")
        writer.keep(4, f"t{k + index}", f"v{k + index}")


def _sweep(writer: _Columns, step: Pass) -> None:
    """One pass over the rows of the block."""
    program, k = writer.program, writer.operands
    partial = [index for index in step.reductions if writer.has_partial(k + index)]
    if step.reductions:
        writer.each(3)
        for index in step.reductions:
            writer.keep(4, f"t{k + index}", writer.instructions.neutral(program.body[index]))
    depth = 3
    if partial:
        writer.add(3, f"for top in range(row0, row1, {SUMMED}):")
        writer.each(4)
        for index in partial:
            writer.keep(5, f"u{k + index}", writer.instructions.neutral(program.body[index]))
        writer.add(4, f"for r in range(top, min(top + {SUMMED}, row1)):")
        depth = 4
    else:
        writer.add(3, "for r in range(row0, row1):")
    _row(writer, step, depth + 1)
    if partial:
        writer.each(4)
        for index in partial:
            number = k + index
            total = writer.instructions.accumulate(
                program.body[index], writer.fetch(f"t{number}"), writer.fetch(f"u{number}")
            )
            writer.keep(5, f"t{number}", total)


def _row(writer: _Columns, step: Pass, depth: int) -> None:
    """One row of a sweep: load, compute, accumulate, store."""
    program, k = writer.program, writer.operands
    roots = [program.body[index].args[0] for index in step.reductions]
    roots += [program.results[index].value for index in step.stored]
    needed = writer.needed(roots)
    for number in [*(n for n in needed if n < k), *(k + index for index in step.stored)]:
        writer.add(depth, f"p{number} = b{number} + r * r{number}")
        if number < k and not program.operands[number].inner and program.operands[number].outer:
            writer.load(depth, number, "0")
    writer.each(depth)
    used = {arg for number in needed if number >= k for arg in program.body[number - k].args} | set(roots)
    writer.lanes(depth + 1, (number for number in used if program.is_lane(number)))
    writer.elements(depth + 1, roots, "j", "(col0 + j)")
    for index in step.reductions:
        number = k + index
        block = f"u{number}" if writer.has_partial(number) else f"t{number}"
        total = writer.instructions.accumulate(
            program.body[index], writer.fetch(block), f"v{program.body[index].args[0]}"
        )
        writer.keep(depth + 1, block, total)
    for index in step.stored:
        writer.store(depth + 1, index, "j")
