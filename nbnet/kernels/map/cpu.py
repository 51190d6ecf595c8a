"""The map kernel on the CPU: one vectorised loop a part."""

from __future__ import annotations

from typing import Any

from nbnet.kernels.expression import Writer
from nbnet.kernels.map import BLOCK, Spec
from nbnet.kernels.memory import own

__all__ = ["build"]

LINE = 64
"""Bytes of a cache line."""


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
    buffers = range(len(writer.buffers))
    moving = [index for index in buffers if not writer.is_operand(index) or program.operands[index].inner]
    for index in buffers:
        writer.add(3, f"{'a' if index in moving else 'p'}{index} = word(base, {2 + index})")
        if index not in moving:
            writer.load(3, index, "0")
    owned = [result.alias for result in program.results if result.own and result.alias is not None]
    step = str(BLOCK) if owned else "n"  # without a need to ask for lines one loop does all
    writer.add(3, f"for at in range(low, low + n, {step}):")
    writer.add(4, f"count = min(low + n - at, {step})")
    for index in moving:
        writer.add(4, f"p{index} = a{index} + at * {writer.itemsize(index)}")
    for index in owned:
        writer.names["own"] = own
        writer.add(4, f"for line in range(0, count * {writer.itemsize(index)}, {LINE}):")
        writer.add(5, f"own(p{index} + line)")
    writer.add(4, "for i in range(count):")
    writer.elements(5, (result.value for result in program.results), "i", "i")
    for index in range(len(program.results)):
        writer.store(5, index, "i")
    return writer.compiled("kernel")
