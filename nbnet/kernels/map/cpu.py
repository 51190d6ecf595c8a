"""The map kernel on the CPU: one vectorised loop a part."""

from __future__ import annotations

from typing import Any

from nbnet.kernels.expression import Writer
from nbnet.kernels.map import BLOCK, Spec

__all__ = ["build"]


def build(spec: Spec) -> Any:
    """Generate the kernel of `spec`."""
    program, writer = spec.program, Writer(spec.program)
    writer.add(0, "def kernel(words, start, stop):")
    writer.add(1, "wide()")
    writer.add(1, "for part in range(word(words, 0)):")
    writer.add(2, f"base = words + 8 * (1 + part * {spec.part_words})")
    writer.add(2, "first = word(base, 0)")
    writer.add(2, f"low = max(start - first, 0) * {BLOCK}")
    writer.add(2, f"n = min((stop - first) * {BLOCK}, word(base, 1)) - low")
    writer.add(2, "if n > 0:")
    for index in range(len(writer.buffers)):
        moving = not writer.is_operand(index) or program.operands[index].inner
        offset = f" + low * {writer.itemsize(index)}" if moving else ""
        writer.add(3, f"p{index} = word(base, {2 + index}){offset}")
        if not moving:
            writer.load(3, index, "0")
    writer.add(3, "for i in range(n):")
    writer.elements(4, (result.value for result in program.results), "i", "i")
    for index in range(len(program.results)):
        writer.store(4, index, "i")
    return writer.compiled("kernel")
