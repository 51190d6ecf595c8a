"""The map kernel on the CPU: one vectorised loop a part."""

from __future__ import annotations

from typing import Any

from nbnet.kernels.expression import Writer, compile_source
from nbnet.kernels.map import BLOCK, Spec
from nbnet.kernels.memory import ITEMSIZE

__all__ = ["build"]


def build(spec: Spec) -> Any:
    """Generate the kernel of `spec`."""
    program, writer = spec.program, Writer(spec.program)
    k = len(program.operands)
    writer.add(0, "def kernel(words, start, stop):")
    writer.add(1, "wide()")
    writer.add(1, "for part in range(word(words, 0)):")
    writer.add(2, f"base = words + 8 * (1 + part * {spec.part_words})")
    writer.add(2, "first = word(base, 0)")
    writer.add(2, f"low = max(start - first, 0) * {BLOCK}")
    writer.add(2, f"n = min((stop - first) * {BLOCK}, word(base, 1)) - low")
    for index, buffer in enumerate([*program.operands, *program.results]):
        moving = index >= k or program.operands[index].inner
        offset = f" + low * {ITEMSIZE[buffer.dtype]}" if moving else ""
        writer.add(2, f"a{index} = word(base, {2 + index}){offset}")
    writer.add(2, "if n > 0:")
    for index, operand in enumerate(program.operands):
        if not operand.inner:
            writer.add(3, f"v{index} = {writer.load(index)}(a{index}, 0)")
    writer.add(3, "for i in range(n):")
    for number in writer.needed(result.value for result in program.results):
        if number >= k:
            step = program.body[number - k]
            args = tuple(writer.value(arg) for arg in step.args)
            writer.add(4, f"v{number} = {writer.expression(step, args, 'i')}")
        elif program.operands[number].inner:
            writer.add(4, f"v{number} = {writer.load(number)}(a{number}, i)")
    for index, result in enumerate(program.results):
        writer.add(4, f"{writer.store(index)}(a{k + index}, i, v{result.value})")
    return compile_source("kernel", writer.lines, writer.names)
