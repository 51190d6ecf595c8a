"""The rows kernel on the CPU: for each row, one loop for each pass of the program."""

from __future__ import annotations

from typing import Any

from nbnet.kernels.expression import Writer, compile_source
from nbnet.kernels.memory import ITEMSIZE
from nbnet.kernels.program import REDUCTIONS, Program, stages
from nbnet.kernels.rows import HEADER, Spec

__all__ = ["build"]


def build(spec: Spec) -> Any:
    """Generate the kernel of `spec`."""
    program, writer, rank = spec.program, Writer(spec.program), spec.rank
    buffers = [*program.operands, *program.results]
    k = len(program.operands)
    stride_words = rank + (1 if spec.cut else 0)
    writer.add(0, "def kernel(words, start, stop):")
    writer.add(1, "wide()")
    writer.add(1, "length = word(words, 0)")
    writer.add(1, "piece = word(words, 1)")
    writer.add(1, "pieces = word(words, 2)")
    for axis in range(1, rank):
        writer.add(1, f"o{axis} = word(words, {HEADER + axis - 1})")
    at = HEADER + max(rank - 1, 0)
    for index in range(len(buffers)):
        writer.add(1, f"a{index} = word(words, {at})")
        for axis in range(stride_words):
            writer.add(1, f"s{index}_{axis} = word(words, {at + 1 + axis})")
        at += 1 + stride_words
    for index, operand in enumerate(program.operands):
        if not operand.inner and not operand.outer:
            writer.add(1, f"v{index} = {writer.load(index)}(a{index}, 0)")
    writer.add(1, "for item in range(start, stop):")
    if spec.cut:
        writer.add(2, "row = item // pieces")
        writer.add(2, "number = item - row * pieces")
        writer.add(2, "n = min(piece, length - number * piece)")
    else:
        writer.add(2, "row = item")
        writer.add(2, "n = length")
    _row_addresses(writer, spec)
    _passes(writer)
    for index, result in enumerate(program.results):
        if result.lane:
            writer.add(2, f"{writer.store(index)}(p{k + index}, 0, v{result.value})")
    return compile_source("kernel", writer.lines, writer.names)


def _row_addresses(writer: Writer, spec: Spec) -> None:
    """Where this row of each buffer begins; single numbers of the row are loaded."""
    program, rank = spec.program, spec.rank
    k = len(program.operands)
    axes = [f"i{axis}" for axis in range(rank)]
    if rank > 1:
        writer.add(2, "rest = row")
        for axis in range(rank - 1, 0, -1):
            writer.add(2, f"i{axis} = rest % o{axis}")
            writer.add(2, f"rest = rest // o{axis}")
        writer.add(2, "i0 = rest")
    elif rank == 1:
        writer.add(2, "i0 = row")
    for index, buffer in enumerate([*program.operands, *program.results]):
        outer = index >= k or program.operands[index].outer
        inner = not buffer.lane if index >= k else program.operands[index].inner
        if not outer and not inner:
            continue
        terms = [f"a{index}"] + ([f"{axis} * s{index}_{n}" for n, axis in enumerate(axes)] if outer else [])
        if spec.cut:
            terms.append(f"number * piece * {ITEMSIZE[buffer.dtype]}" if inner else f"number * s{index}_{rank}")
        writer.add(2, f"p{index} = {' + '.join(terms)}")
        if index < k and not inner:
            writer.add(2, f"v{index} = {writer.load(index)}(p{index}, 0)")


def _passes(writer: Writer) -> None:
    """The passes over one row, with what is computed once a row between them."""
    program = writer.program
    k, known = len(program.operands), stages(program)
    for number in range(max(known, default=0) + 1):
        for index, step in enumerate(program.body):
            if step.lane and step.op not in REDUCTIONS and known[k + index] == number:
                args = tuple(writer.value(arg) for arg in step.args)
                writer.add(2, f"v{k + index} = {writer.expression(step, args, '0')}")
        reductions = [
            index for index, step in enumerate(program.body) if step.op in REDUCTIONS and known[k + index] == number + 1
        ]
        stored = [
            index for index, result in enumerate(program.results) if not result.lane and known[result.value] == number
        ]
        if reductions or stored:
            _loop(writer, program, reductions, stored)


def _loop(writer: Writer, program: Program, reductions: list[int], stored: list[int]) -> None:
    """One pass: load, compute, accumulate, store."""
    k = len(program.operands)
    for index in reductions:
        step = program.body[index]
        source = program.dtype(step.args[0])
        start = {"sum": writer.zero(step.dtype), "max": writer.lowest(source), "min": writer.highest(source)}
        if step.op == "argmax":
            writer.add(2, f"b{k + index} = {writer.lowest(source)}")
            writer.add(2, f"v{k + index} = i64(-1)")
        else:
            writer.add(2, f"v{k + index} = {start[step.op]}")
    writer.add(2, "for j in range(n):")
    roots = [program.body[index].args[0] for index in reductions] + [program.results[index].value for index in stored]
    for number in writer.needed(roots):
        if number >= k:
            step = program.body[number - k]
            args = tuple(writer.value(arg) for arg in step.args)
            writer.add(3, f"v{number} = {writer.expression(step, args, 'j')}")
        elif program.operands[number].inner:
            writer.add(3, f"v{number} = {writer.load(number)}(p{number}, j)")
    for index in reductions:
        _accumulate(writer, program, index)
    for index in stored:
        writer.add(3, f"{writer.store(index)}(p{k + index}, j, v{program.results[index].value})")
    for index in reductions:
        if program.body[index].op == "argmax":
            writer.add(2, f"v{k + index} = max(v{k + index}, i64(0))")


def _accumulate(writer: Writer, program: Program, index: int) -> None:
    """Take one element into a reduction."""
    k, step = len(program.operands), program.body[index]
    total, x = f"v{k + index}", f"v{step.args[0]}"
    floating = program.dtype(step.args[0]).startswith("float")
    if step.op == "sum":
        text = f"{total} + {x}"
        writer.add(3, f"{total} = {text if floating else f'i64({text})'}")
    elif step.op in ("max", "min"):
        if floating:
            writer.add(3, f"{total} = {'maximum' if step.op == 'max' else 'minimum'}({total}, {x})")
        else:
            writer.add(3, f"{total} = {step.op}({total}, {x})")
    else:
        nan = f" or ({x} != {x} and b{k + index} == b{k + index})" if floating else ""
        writer.add(3, f"if {x} > b{k + index} or {total} < 0{nan}:")
        writer.add(4, f"b{k + index} = {x}")
        writer.add(4, f"{total} = j")
