"""Telling LLVM how to treat the innermost loops of a kernel.

An intrinsic at the head of a kernel gives its function an attribute; before the code is optimised, the innermost
loops of functions with such an attribute get LLVM's loop metadata.
"""

from __future__ import annotations

import re
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from nbnet.kernels.memory import intrinsic

__all__ = ["in_parts_of_vectors", "make_in_vectors_only", "make_late", "mark_loops"]

_VECTORS_ONLY, _PARTS = "nbnet-vectors-only", "nbnet-parts-of-vectors"
_HINTS = {
    # A short loop of a known length would be unrolled before it is vectorised, and then never be.
    _VECTORS_ONLY: ('!"llvm.loop.unroll.disable"', '!"llvm.loop.interleave.count", i32 {count}'),
    _PARTS: (
        '!"llvm.loop.unroll.disable"', '!"llvm.loop.vectorize.predicate.enable", i1 true',
        '!"llvm.loop.interleave.count", i32 {count}',
    ),
}  # fmt: skip
_FUNCTION = re.compile(r"^define .*?^}$", re.MULTILINE | re.DOTALL)
_LATE = re.compile(r"(%[-\w.$]+) = (?:tail )?call i64 @nbnet\.late\.(\d+)\(\)[^\n]*")
_LABEL = re.compile(r'^("[^"]+"|[-\w.$]+):')
_TARGET = re.compile(r'label %("[^"]+"|[-\w.$]+)')


def _attribute(name: str, count: int) -> Any:
    """An intrinsic without arguments that gives the calling function an attribute."""

    @intrinsic
    def mark(typingctx: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            set.add(builder.function.attributes, f'"{name}"="{count}"')
            return context.get_dummy_value()

        return types.void(), codegen

    return mark


def make_in_vectors_only(count: int) -> Any:
    """`in_vectors_only()`: innermost loops are short, of a known length, and become `count` vectors side by side."""
    return _attribute(_VECTORS_ONLY, count)


in_parts_of_vectors = _attribute(_PARTS, 1)
"""`in_parts_of_vectors()`: innermost loops are short; what does not fill a vector is computed under a mask."""


def make_late(value: int) -> Any:
    """An intrinsic `late()`: a constant that LLVM learns only when loops are marked.

    Numba has simple loops of a known length unrolled at once, before anybody can mark them.
    """

    @intrinsic
    def late(typingctx: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            prototype = ir.FunctionType(ir.IntType(64), [])
            function = cgutils.get_or_insert_function(builder.module, prototype, f"nbnet.late.{value}")
            for attribute in ("memory(none)", "willreturn", "nounwind"):
                set.add(function.attributes, attribute)
            return builder.call(function, [])

        return types.intp(), codegen

    return late


def mark_loops(text: str) -> str:
    """LLVM code with metadata at the innermost loops of the functions that ask for it; "" where none does."""
    groups = {
        number: [hint.format(count=count) for hint in _HINTS[name]]
        for name in _HINTS
        for number, count in re.findall(rf'^attributes #(\d+) = {{[^}}]*"{name}"="(\d+)"', text, re.MULTILINE)
    }
    if not groups:
        return ""
    text = _LATE.sub(r"\1 = add i64 \2, 0", text)
    nodes: list[str] = []
    first = max(map(int, re.findall(r"^!(\d+) =", text, re.MULTILINE)), default=-1) + 1

    def marked(found: re.Match[str]) -> str:
        """One function."""
        lines = found[0].split("\n")
        attributes = re.findall(r"#(\d+)", lines[0])
        hints = next((groups[number] for number in attributes if number in groups), None)
        if hints is None:
            return found[0]
        for place in _innermost(lines):
            if "!llvm.loop" in lines[place]:
                continue
            loop = first + len(nodes)
            links = ", ".join(f"!{loop + 1 + index}" for index in range(len(hints)))
            nodes.append(f"!{loop} = distinct !{{!{loop}, {links}}}")
            nodes.extend(f"!{loop + 1 + index} = !{{{hint}}}" for index, hint in enumerate(hints))
            lines[place] += f", !llvm.loop !{loop}"
        return "\n".join(lines)

    return _FUNCTION.sub(marked, text) + "\n" + "\n".join(nodes) + "\n"


def _innermost(lines: list[str]) -> list[int]:
    """Lines that branch back to the beginning of a loop which holds no other."""
    block, blocks, exits = "", [""], {"": (0, list[str]())}
    for place, line in enumerate(lines):
        if found := _LABEL.match(line):
            block = found[1]
            blocks.append(block)
            exits[block] = (place, [])
        elif line.lstrip().startswith(("br ", "switch ")):
            exits[block] = (place, _TARGET.findall(line))
    before: dict[str, set[str]] = {block: set() for block in blocks}
    for block, (_, targets) in exits.items():
        for target in targets:
            before[target].add(block)
    number = {block: index for index, block in enumerate(blocks)}
    loops = []
    for block, (place, targets) in exits.items():
        for head in targets:
            body = _body(head, block, before)
            if number[head] <= number[block] and body:
                loops.append((place, head, body))
    return [place for place, head, body in loops if not any(one != head and one in body for _, one, _ in loops)]


def _body(head: str, latch: str, before: dict[str, set[str]]) -> set[str]:
    """The blocks between the head of a loop and its last block; empty where the one does not lead to the other."""
    body, stack = {head}, [latch]
    while stack:
        block = stack.pop()
        if block not in body:
            body.add(block)
            stack.extend(before[block])
    return body if "" not in body or head == "" else set()
