"""From a program to Python source: the text that Numba compiles into a fused kernel.

:class:`Writer` writes what the map, rows and columns kernels and the epilogue of the matrix product
(:func:`write_block`) have in common: access to operands and results, and the instructions between. The kernels
differ only in the loops around.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbnet.kernels import memory
from nbnet.kernels.instruction import Instructions
from nbnet.kernels.jit import njit_inline
from nbnet.kernels.memory import ITEMSIZE
from nbnet.kernels.program import Operand, Program, Result

__all__ = ["Writer", "compile_source", "write_block"]


class Writer:
    """Lines of source and the names they use.

    Value n of the program is called ``v<n>`` in the source, the address of buffer n (operands, then results)
    ``p<n>``.

    Parameters
    ----------
    program : Program
    scratch : int
        Number of buffers that the kernel has beside operands and results.
    """

    def __init__(self, program: Program, scratch: int = 0) -> None:
        self.program = program
        self.operands = len(program.operands)
        self.buffers: list[Operand | Result] = [*program.operands, *program.results]
        self.lines: list[str] = []
        self.instructions = Instructions(program)
        self.names = self.instructions.names
        self.names |= {"word": memory.word, "wide": memory.wide}
        self.scopes = len(self.buffers) + scratch

    def add(self, depth: int, text: str) -> None:
        """Append a line indented by `depth` levels."""
        self.lines.append("    " * depth + text)

    def is_operand(self, buffer: int) -> bool:
        """Whether a buffer is an operand and not a result."""
        return buffer < self.operands

    def itemsize(self, buffer: int) -> int:
        """Bytes of an element of a buffer."""
        return ITEMSIZE[self.buffers[buffer].dtype]

    def accessor(self, kind: str, dtype: str, scope: int, name: str) -> str:
        """Name of an intrinsic that loads from, or stores to, the buffer with alias scope `scope`."""
        make = memory.make_load if kind == "load" else memory.make_store
        if name not in self.names:
            self.names[name] = make(dtype, scope, self.scopes)
        return name

    def load(self, depth: int, operand: int, index: str) -> None:
        """Read one number of an operand."""
        access = self.accessor("load", self.program.operands[operand].dtype, operand, f"load{operand}")
        self.add(depth, f"v{operand} = {access}(p{operand}, {index})")

    def store(self, depth: int, result: int, index: str) -> None:
        """Write one number of a result."""
        out = self.program.results[result]
        # In place through the operand's own pointer: LLVM would not see that two are the same, and not vectorise.
        place = self.operands + result if out.alias is None else out.alias
        access = self.accessor("store", out.dtype, place, f"store{result}")
        self.add(depth, f"{access}(p{place}, {index}, v{out.value})")

    def instruction(self, depth: int, number: int, index: str) -> None:
        """Compute value `number`; `index` is the position along the innermost axis."""
        step = self.program.body[number - self.operands]
        args = tuple(f"v{arg}" for arg in step.args)
        self.add(depth, f"v{number} = {self.instructions.expression(step, args, index)}")

    def elements(self, depth: int, roots: Iterable[int], index: str, position: str) -> None:
        """Load and compute the element values that `roots` need.

        Parameters
        ----------
        depth : int
        roots : iterable of int
            Values; those that are one number a lane are there already.
        index : str
            Counts elements from the pointers.
        position : str
            Counts from the beginning of the innermost axis.
        """
        for number in self.needed(roots):
            if number >= self.operands:
                self.instruction(depth, number, position)
            elif self.program.operands[number].inner:
                self.load(depth, number, index)

    def needed(self, roots: Iterable[int]) -> list[int]:
        """Element values (operands included) that `roots` need, in order; lane values stop the search."""
        found: set[int] = set()
        stack = list(roots)
        while stack:
            number = stack.pop()
            if number in found or self.program.is_lane(number):
                continue
            found.add(number)
            if number >= self.operands:
                stack.extend(self.program.body[number - self.operands].args)
        return sorted(found)

    def load_single_numbers(self, depth: int) -> None:
        """Read the operands that are one number for the whole call; their address stands in ``a<n>``."""
        for index, operand in enumerate(self.program.operands):
            if not operand.inner and not operand.outer:
                self.add(depth, f"p{index} = a{index}")
                self.load(depth, index, "0")

    def compiled(self, name: str) -> Any:
        """The function `name` that the lines define."""
        return compile_source(name, self.lines, self.names)


def compile_source(name: str, lines: list[str], names: dict[str, Any]) -> Any:
    """Execute generated source and return its function `name`; the text stays readable in ``__source__``."""
    text = "\n".join(lines) + "\n"
    namespace = dict(names, __name__="nbnet.kernels.generated")
    exec(compile(text, f"<nbnet {name}>", "exec"), namespace)
    function = namespace[name]
    function.__source__ = text
    return function


def write_block(program: Program, first_word: int) -> Any:
    """The epilogue of a matrix product: `finish(words, row0, rows, col0, cols)` over a block of a 2-D result.

    Operand 0 of the program is the raw product, which stands in the memory of result 0 or, when no result has
    it, in a buffer of its own; every result is stored by the loop, in place where `alias` says so.

    Parameters
    ----------
    program : Program
        Element-wise: no lanes, no reductions.
    first_word : int
        Where the epilogue's words begin. For each operand, then each result: address, and bytes from row to
        row (0 where it does not vary by row).

    Returns
    -------
    callable
        An inlined helper for kernels; row0, rows, col0, cols count rows and columns of the result.
    """
    writer = Writer(program)
    writer.add(0, "def finish(words, row0, rows, col0, cols):")
    writer.add(1, "wide()")
    for index in range(len(writer.buffers)):
        writer.add(1, f"a{index} = word(words, {first_word + 2 * index})")
        writer.add(1, f"s{index} = word(words, {first_word + 2 * index + 1})")
    writer.load_single_numbers(1)
    writer.add(1, "for r in range(rows):")
    for index in range(len(writer.buffers)):
        inner = not writer.is_operand(index) or program.operands[index].inner
        if inner or program.operands[index].outer:
            column = f" + col0 * {writer.itemsize(index)}" if inner else ""
            writer.add(2, f"p{index} = a{index} + (row0 + r) * s{index}{column}")
            if not inner:
                writer.load(2, index, "0")
    writer.add(2, "for j in range(cols):")
    writer.elements(3, (result.value for result in program.results), "j", "(col0 + j)")
    for index in range(len(program.results)):
        writer.store(3, index, "j")
    return njit_inline(writer.compiled("finish"))
