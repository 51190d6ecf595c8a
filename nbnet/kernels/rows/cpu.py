"""The rows kernel on the CPU: for each row, one loop for each pass of the program."""

from __future__ import annotations

from typing import Any

from nbnet.kernels.expression import Writer
from nbnet.kernels.loops import in_parts_of_vectors
from nbnet.kernels.program import Pass, passes
from nbnet.kernels.rows import HEADER, Spec

__all__ = ["build"]


def build(spec: Spec) -> Any:
    """Generate the kernel of `spec`."""
    program, writer, rank = spec.program, Writer(spec.program), spec.rank
    writer.add(0, "def kernel(words, start, stop):")
    writer.add(1, "wide()")
    if spec.short:
        writer.names["in_parts_of_vectors"] = in_parts_of_vectors
        writer.add(1, "in_parts_of_vectors()")
    for index, name in enumerate(("length", "piece", "pieces")):
        writer.add(1, f"{name} = word(words, {index})")
    for axis in range(1, rank):
        writer.add(1, f"o{axis} = word(words, {HEADER + axis - 1})")
    at = HEADER + max(rank - 1, 0)
    for index in range(len(writer.buffers)):
        writer.add(1, f"a{index} = word(words, {at})")
        for axis in range(rank + spec.cut):
            writer.add(1, f"s{index}_{axis} = word(words, {at + 1 + axis})")
        at += 1 + rank + spec.cut
    writer.load_single_numbers(1)
    writer.add(1, "for item in range(start, stop):")
    if spec.cut:
        writer.add(2, "row = item // pieces")
        writer.add(2, "number = item - row * pieces")
        writer.add(2, "n = min(piece, length - number * piece)")
    else:
        writer.add(2, "row = item")
        writer.add(2, "n = length")
    _row_addresses(writer, spec)
    for step in passes(program):
        _sweep(writer, step)
    for index, result in enumerate(program.results):
        if result.lane:
            writer.store(2, index, "0")
    return writer.compiled("kernel")


def _row_addresses(writer: Writer, spec: Spec) -> None:
    """Where this row of each buffer begins; single numbers of the row are loaded."""
    rank = spec.rank
    axes = [f"i{axis}" for axis in range(rank)]
    writer.add(2, "rest = row")
    for axis in range(rank - 1, 0, -1):
        writer.add(2, f"i{axis} = rest % o{axis}")
        writer.add(2, f"rest = rest // o{axis}")
    writer.add(2, "i0 = rest")
    for index, buffer in enumerate(writer.buffers):
        operand = spec.program.operands[index] if writer.is_operand(index) else None
        inner = operand.inner if operand else not buffer.lane
        outer = operand.outer if operand else True
        if not outer and not inner:
            continue
        terms = [f"a{index}"] + ([f"{axis} * s{index}_{n}" for n, axis in enumerate(axes)] if outer else [])
        if spec.cut and inner:
            terms.append(f"number * piece * {writer.itemsize(index)}")
        elif spec.cut and not operand:
            terms.append(f"number * s{index}_{rank}")
        writer.add(2, f"p{index} = {' + '.join(terms)}")
        if operand and not inner:
            writer.load(2, index, "0")


def _sweep(writer: Writer, step: Pass) -> None:
    """What is computed once a row, then one pass: load, compute, accumulate, store."""
    program, k = writer.program, writer.operands
    for index in step.lanes:
        writer.instruction(2, k + index, "0")
    if not step.sweeps:
        return
    for index in step.reductions:
        neutral = writer.instructions.neutral(program.body[index])
        if program.body[index].op == "argmax":
            writer.add(2, f"b{k + index} = {neutral}")
            writer.add(2, f"v{k + index} = i64(-1)")
        else:
            writer.add(2, f"v{k + index} = {neutral}")
    writer.add(2, "for j in range(n):")
    roots = [program.body[index].args[0] for index in step.reductions]
    writer.elements(3, roots + [program.results[index].value for index in step.stored], "j", "j")
    for index in step.reductions:
        _accumulate(writer, index)
    for index in step.stored:
        writer.store(3, index, "j")
    for index in step.reductions:
        if program.body[index].op == "argmax":
            writer.add(2, f"v{k + index} = max(v{k + index}, i64(0))")


def _accumulate(writer: Writer, index: int) -> None:
    """Take one element into a reduction."""
    step = writer.program.body[index]
    total, best, x = f"v{writer.operands + index}", f"b{writer.operands + index}", f"v{step.args[0]}"
    if step.op != "argmax":
        writer.add(3, f"{total} = {writer.instructions.accumulate(step, total, x)}")
        return
    floating = writer.program.dtype(step.args[0]).startswith("float")
    nan = f" or ({x} != {x} and {best} == {best})" if floating else ""
    writer.add(3, f"if {x} > {best}{nan}:")
    writer.add(4, f"{best} = {x}")
    writer.add(4, f"{total} = j")
