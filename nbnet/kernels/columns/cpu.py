"""The columns kernel on the CPU: for each block of columns, one sweep over the rows for each pass.

What is one number a column (statistics, running sums) lies in a small block on the stack; the inner loop runs
along the columns and vectorises.
"""

from __future__ import annotations

from typing import Any

from nbnet.kernels import memory
from nbnet.kernels.arithmetic import make_scratch
from nbnet.kernels.columns import HEADER, WIDTH, Spec
from nbnet.kernels.expression import Writer, compile_source
from nbnet.kernels.memory import ITEMSIZE
from nbnet.kernels.program import REDUCTIONS, stages

__all__ = ["build"]


class _Columns(Writer):
    """A writer that keeps lane values in blocks on the stack."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec.program)
        self.k = len(self.program.operands)
        self.kept = [
            number for number in range(self.k + len(self.program.body)) if self.program.is_lane(number) and number >= self.k
        ]
        self.scopes += len(self.kept)

    def fetch(self, number: int) -> str:
        """Name of the accessor that loads lane value `number` of the column from the stack."""
        dtype = self.program.dtype(number)
        scope = len(self.program.operands) + len(self.program.results) + self.kept.index(number)
        name = f"fetch{number}"
        self.names.setdefault(name, memory.make_load(dtype, scope, self.scopes))
        return name

    def keep(self, number: int) -> str:
        """Name of the accessor that stores lane value `number` of the column on the stack."""
        dtype = self.program.dtype(number)
        scope = len(self.program.operands) + len(self.program.results) + self.kept.index(number)
        name = f"keep{number}"
        self.names.setdefault(name, memory.make_store(dtype, scope, self.scopes))
        return name

    def lane_loads(self, numbers: set[int], depth: int) -> None:
        """Load lane values at column j, from the stack or from an operand."""
        for number in sorted(numbers):
            if number >= self.k:
                self.add(depth, f"v{number} = {self.fetch(number)}(t{number}, j)")
            elif self.program.operands[number].inner:
                self.add(depth, f"v{number} = {self.load(number)}(b{number}, j)")


def build(spec: Spec) -> Any:
    """Generate the kernel of `spec`."""
    program, writer = spec.program, _Columns(spec)
    k = writer.k
    buffers = [*program.operands, *program.results]
    writer.add(0, "def kernel(words, start, stop):")
    writer.add(1, "wide()")
    for index, name in enumerate(("rows", "n", "width", "blocks", "piece", "pieces")):
        writer.add(1, f"{name} = word(words, {index})")
    for index in range(len(buffers)):
        for place, name in enumerate("aor"):
            writer.add(1, f"{name}{index} = word(words, {HEADER + 3 * index + place})")
    for number in writer.kept:
        size = WIDTH * ITEMSIZE[program.dtype(number)]
        writer.names[f"scratch{size}"] = make_scratch(size)
        writer.add(1, f"t{number} = scratch{size}()")
    for index, operand in enumerate(program.operands):
        if not operand.inner and not operand.outer:
            writer.add(1, f"v{index} = {writer.load(index)}(a{index}, 0)")
    writer.add(1, "for item in range(start, stop):")
    writer.add(2, "rest = item // blocks")
    writer.add(2, "col0 = (item - rest * blocks) * width")
    writer.add(2, "cols = min(width, n - col0)")
    writer.add(2, "outer = rest // pieces")
    writer.add(2, "number = rest - outer * pieces")
    writer.add(2, "row0 = number * piece")
    writer.add(2, "row1 = min(row0 + piece, rows)")
    for index, buffer in enumerate(buffers):
        inner = index >= k or program.operands[index].inner
        text = f"a{index} + outer * o{index}"
        text += f" + col0 * {ITEMSIZE[buffer.dtype]}" if inner else ""
        text += f" + number * r{index}" if index >= k and buffer.lane else ""
        writer.add(2, f"b{index} = {text}")
        if index < k and buffer.lane and not inner and program.operands[index].outer:
            writer.add(2, f"v{index} = {writer.load(index)}(b{index}, 0)")
    _passes(writer)
    lane_results = [index for index, result in enumerate(program.results) if result.lane]
    if lane_results:
        writer.add(2, "for j in range(cols):")
        writer.lane_loads({program.results[index].value for index in lane_results}, 3)
        for index in lane_results:
            writer.add(3, f"{writer.store(index)}(b{k + index}, j, v{program.results[index].value})")
    return compile_source("kernel", writer.lines, writer.names)


def _passes(writer: _Columns) -> None:
    """What is computed once a column, then a sweep over the rows, and so on."""
    program, k = writer.program, writer.k
    known = stages(program)
    for number in range(max(known, default=0) + 1):
        lanes = [
            index
            for index, step in enumerate(program.body)
            if step.lane and step.op not in REDUCTIONS and known[k + index] == number
        ]
        if lanes:
            writer.add(2, "for j in range(cols):")
            computed = {k + index for index in lanes}
            wanted = {arg for index in lanes for arg in program.body[index].args}
            writer.lane_loads(wanted - computed, 3)
            for index in lanes:
                step = program.body[index]
                args = tuple(writer.value(arg) for arg in step.args)
                writer.add(3, f"v{k + index} = {writer.expression(step, args, '(col0 + j)')}")
                writer.add(3, f"{writer.keep(k + index)}(t{k + index}, j, v{k + index})")
        reductions = [
            index for index, step in enumerate(program.body) if step.op in REDUCTIONS and known[k + index] == number + 1
        ]
        stored = [
            index for index, result in enumerate(program.results) if not result.lane and known[result.value] == number
        ]
        if reductions or stored:
            _sweep(writer, reductions, stored)


def _sweep(writer: _Columns, reductions: list[int], stored: list[int]) -> None:
    """One pass over the rows of the block."""
    program, k = writer.program, writer.k
    if reductions:
        writer.add(2, "for j in range(cols):")
        for index in reductions:
            step = program.body[index]
            source = program.dtype(step.args[0])
            start = {"sum": writer.zero(step.dtype), "max": writer.lowest(source), "min": writer.highest(source)}
            writer.add(3, f"{writer.keep(k + index)}(t{k + index}, j, {start[step.op]})")
    roots = [program.body[index].args[0] for index in reductions] + [program.results[index].value for index in stored]
    needed = writer.needed(roots)
    lanes = {
        arg for number in needed if number >= k for arg in program.body[number - k].args if program.is_lane(arg)
    } | {root for root in roots if program.is_lane(root)}
    writer.add(2, "for r in range(row0, row1):")
    operands = [number for number in needed if number < k]
    for number in [*operands, *(k + len(program.body) + index for index in stored)]:
        buffer = number if number < k else number - len(program.body)
        writer.add(3, f"p{buffer} = b{buffer} + r * r{buffer}")
        if number < k and not program.operands[number].inner and program.operands[number].outer:
            writer.add(3, f"v{number} = {writer.load(number)}(p{number}, 0)")
    writer.add(3, "for j in range(cols):")
    writer.lane_loads(lanes, 4)
    for number in needed:
        if number >= k:
            step = program.body[number - k]
            args = tuple(writer.value(arg) for arg in step.args)
            writer.add(4, f"v{number} = {writer.expression(step, args, '(col0 + j)')}")
        elif program.operands[number].inner:
            writer.add(4, f"v{number} = {writer.load(number)}(p{number}, j)")
    for index in reductions:
        step = program.body[index]
        total, x = f"{writer.fetch(k + index)}(t{k + index}, j)", f"v{step.args[0]}"
        if step.op == "sum":
            text = f"{total} + {x}"
        elif program.dtype(step.args[0]).startswith("float"):
            text = f"{'maximum' if step.op == 'max' else 'minimum'}({total}, {x})"
        else:
            text = f"{step.op}({total}, {x})"
        if not step.dtype.startswith("float"):
            text = f"{'i64' if step.dtype == 'int64' else 'i32' if step.dtype == 'int32' else 'u8'}({text})"
        writer.add(4, f"{writer.keep(k + index)}(t{k + index}, j, {text})")
    for index in stored:
        writer.add(4, f"{writer.store(index)}(p{k + index}, j, v{program.results[index].value})")
