"""From a program to Python source: the text that Numba compiles into an element-wise kernel.

:class:`Writer` writes one scalar instruction after the other in typed form, so that nothing is promoted to
float64. It is shared by the map, rows and columns kernels and by the epilogue of the matrix product
(:func:`write_block`); they differ only in the loops around the instructions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from nbnet.errors import KernelError
from nbnet.kernels import arithmetic, memory
from nbnet.kernels.jit import njit_inline
from nbnet.kernels.program import Instruction, Program
from nbnet.kernels.vmath import BY_DTYPE

__all__ = ["Writer", "compile_source", "write_block"]

_MAXIMUM = arithmetic.make_extremum("maximum")
_MINIMUM = arithmetic.make_extremum("minimum")
_INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "equal": "==", "not_equal": "!=", "less": "<",
    "less_equal": "<=", "greater": ">", "greater_equal": ">=", "logical_and": "&", "logical_or": "|",
}  # fmt: skip
_FUNCTIONS = {"exp", "log", "log1p", "tanh", "sigmoid", "softplus", "sqrt", "rsqrt"}
_CAST = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64", "uint8": "u8", "bool": "b1"}
_LOWEST = {"float32": "-inf32", "float64": "-inf64", "int32": "i32(-2147483648)", "int64": "i64(-9223372036854775807 - 1)", "uint8": "u8(0)"}
_HIGHEST = {"float32": "inf32", "float64": "inf64", "int32": "i32(2147483647)", "int64": "i64(9223372036854775807)", "uint8": "u8(255)"}


class Writer:
    """Lines of source and the names they use.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "word": memory.word, "wide": memory.wide, "select": arithmetic.select,
            "maximum": _MAXIMUM, "minimum": _MINIMUM,
            "f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8,
            "inf32": np.float32(np.inf), "inf64": np.float64(np.inf),
        }  # fmt: skip
        self.scopes = len(program.operands) + len(program.results)

    def add(self, depth: int, text: str) -> None:
        """Append a line indented by `depth` levels."""
        self.lines.append("    " * depth + text)

    def load(self, operand: int, scope: int | None = None) -> str:
        """Name of the accessor that loads from `operand`."""
        dtype = self.program.operands[operand].dtype
        name = f"load{operand}"
        self.names.setdefault(name, memory.make_load(dtype, operand if scope is None else scope, self.scopes))
        return name

    def store(self, result: int) -> str:
        """Name of the accessor that stores `result`."""
        out = self.program.results[result]
        scope = len(self.program.operands) + result if out.alias is None else out.alias
        name = f"store{result}"
        self.names.setdefault(name, memory.make_store(out.dtype, scope, self.scopes))
        return name

    def expression(self, step: Instruction, args: tuple[str, ...], index: str | None = None) -> str:
        """Source of one instruction; `index` names the position along the innermost axis."""
        text = self._raw(step, args, index)
        if step.dtype.startswith(("int", "uint")):
            return f"{_CAST[step.dtype]}({text})"
        return text

    def _raw(self, step: Instruction, args: tuple[str, ...], index: str | None) -> str:
        """The formula of one instruction, before integers are narrowed."""
        op, cast = step.op, _CAST[step.dtype]
        first = args[0] if args else ""
        if op == "add" and step.dtype == "bool":
            return f"({first} | {args[1]})"
        if op == "multiply" and step.dtype == "bool":
            return f"({first} & {args[1]})"
        if op in _INFIX:
            return f"({first} {_INFIX[op]} {args[1]})"
        source = self.program.dtype(step.args[0]) if step.args else step.dtype
        if op in _FUNCTIONS:
            name = f"{op}_{cast}"
            self.names[name] = BY_DTYPE[step.dtype][op]
            return f"{name}({first})"
        match op:
            case "negative":
                return f"(-{first})"
            case "abs":
                return f"abs({first})" if step.dtype != "uint8" else first
            case "square":
                return f"({first} * {first})"
            case "stop_gradient" | "copy":
                return first
            case "sign":
                return self._sign(first, step.dtype)
            case "maximum" | "minimum":
                if step.dtype.startswith("float"):
                    return f"{op}({first}, {args[1]})"
                symbol = "|" if op == "maximum" else "&"
                return f"({first} {symbol} {args[1]})" if step.dtype == "bool" else f"{op[:3]}({first}, {args[1]})"
            case "where":
                return f"select({first}, {args[1]}, {args[2]})"
            case "logical_not":
                return f"(not {first})"
            case "isfinite":
                return f"(abs({first}) < inf{'32' if source == 'float32' else '64'})"
            case "power":
                return self._power(args, step.dtype)
            case "cast":
                return self._cast(first, source, step.dtype)
            case "one_hot":
                hit = f"(i64({first}) == i64({index}))"
                return hit if step.dtype == "bool" else f"{cast}({hit})"
            case "formula":
                return self._formula(step, args)
        raise KernelError(f"No kernel code is known for the element-wise op '{op}'.")

    def _sign(self, x: str, dtype: str) -> str:
        """-1, 0, 1, and NaN for NaN."""
        if dtype == "bool":
            return x
        cast = _CAST[dtype]
        value = f"({cast}({x} > {cast}(0)) - {cast}({x} < {cast}(0)))"
        return f"select({x} != {x}, {x}, {value})" if dtype.startswith("float") else value

    def _power(self, args: tuple[str, ...], dtype: str) -> str:
        """Floats by vmath, integers through float64."""
        table = dtype if dtype.startswith("float") else "float64"
        name = f"pow_{_CAST[table]}"
        self.names[name] = BY_DTYPE[table]["pow"]
        if dtype.startswith("float"):
            return f"{name}({args[0]}, {args[1]})"
        return f"{name}(f64({args[0]}), f64({args[1]}))"

    def _cast(self, x: str, source: str, target: str) -> str:
        """Conversion of one number."""
        if source == target:
            return x
        if target == "bool":
            return f"({x} != {_CAST[source]}(0))"
        if target == "uint8" and source.startswith("float"):
            return f"u8(i64({x}))"
        return f"{_CAST[target]}({x})"

    def _formula(self, step: Instruction, args: tuple[str, ...]) -> str:
        """A call of the user's scalar formula in the type of the result."""
        from nbnet.kernels.scalars import specialise  # few programs hold a formula

        name = f"formula{len([key for key in self.names if key.startswith('formula')])}"
        for known, value in self.names.items():
            if known.startswith("formula") and getattr(value, "source", None) is step.formula:
                name = known
        self.names[name] = specialise(step.formula.function, step.dtype)
        return f"{name}({', '.join(args)})"

    def lowest(self, dtype: str) -> str:
        """The neutral element of a maximum."""
        return _LOWEST[dtype]

    def highest(self, dtype: str) -> str:
        """The neutral element of a minimum."""
        return _HIGHEST[dtype]

    def zero(self, dtype: str) -> str:
        """The neutral element of a sum."""
        return f"{_CAST[dtype]}(0)"

    def value(self, number: int) -> str:
        """Name of a value in the source."""
        return f"v{number}"

    def needed(self, roots: Iterable[int]) -> list[int]:
        """Element values (operands included) that `roots` need, in order; lane values stop the search."""
        k, found = len(self.program.operands), set()
        stack = list(roots)
        while stack:
            number = stack.pop()
            if number in found or self.program.is_lane(number):
                continue
            found.add(number)
            if number >= k:
                stack.extend(self.program.body[number - k].args)
        return sorted(found)


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
    buffers = [*program.operands, *program.results]
    writer.add(0, "def finish(words, row0, rows, col0, cols):")
    writer.add(1, "wide()")
    for index in range(len(buffers)):
        writer.add(1, f"a{index} = word(words, {first_word + 2 * index})")
        writer.add(1, f"s{index} = word(words, {first_word + 2 * index + 1})")
    k = len(program.operands)
    for index, operand in enumerate(program.operands):
        if not operand.inner and not operand.outer:
            writer.add(1, f"v{index} = {writer.load(index)}(a{index}, 0)")
    writer.add(1, "for r in range(rows):")
    for index, buffer in enumerate(buffers):
        inner = index >= k or program.operands[index].inner
        outer = index >= k or program.operands[index].outer
        if inner or outer:
            column = f" + col0 * {memory.ITEMSIZE[buffer.dtype]}" if inner else ""
            writer.add(2, f"p{index} = a{index} + (row0 + r) * s{index}{column}")
            if not inner:
                writer.add(2, f"v{index} = {writer.load(index)}(p{index}, 0)")
    writer.add(2, "for j in range(cols):")
    needed = writer.needed(result.value for result in program.results)
    for number in needed:
        if number < k:
            if program.operands[number].inner:
                writer.add(3, f"v{number} = {writer.load(number)}(p{number}, j)")
        else:
            step = program.body[number - k]
            args = tuple(writer.value(arg) for arg in step.args)
            writer.add(3, f"v{number} = {writer.expression(step, args, '(col0 + j)')}")
    for index, result in enumerate(program.results):
        writer.add(3, f"{writer.store(index)}(p{k + index}, j, v{result.value})")
    return njit_inline(compile_source("finish", writer.lines, writer.names))
