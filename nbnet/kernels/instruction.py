"""One instruction of a program as Python source, in typed form, so that nothing is promoted to float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import KernelError
from nbnet.kernels import arithmetic
from nbnet.kernels.program import Instruction, Program
from nbnet.kernels.vmath import BY_DTYPE

__all__ = ["CAST", "Instructions"]

CAST = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64", "uint8": "u8", "bool": "b1"}
"""dtype → the name of its constructor in the source."""

_INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "equal": "==", "not_equal": "!=", "less": "<",
    "less_equal": "<=", "greater": ">", "greater_equal": ">=", "logical_and": "&", "logical_or": "|",
}  # fmt: skip
_FUNCTIONS = {"exp", "log", "log1p", "tanh", "sigmoid", "softplus", "sqrt", "rsqrt"}
_LOWEST = {
    "float32": "-inf32", "float64": "-inf64", "int32": "i32(-2147483648)", "int64": "i64(-9223372036854775807 - 1)",
    "uint8": "u8(0)", "bool": "False",
}  # fmt: skip
_HIGHEST = {
    "float32": "inf32", "float64": "inf64", "int32": "i32(2147483647)", "int64": "i64(9223372036854775807)",
    "uint8": "u8(255)", "bool": "True",
}  # fmt: skip
_MAXIMUM = arithmetic.make_extremum("maximum")
_MINIMUM = arithmetic.make_extremum("minimum")


class Instructions:
    """The source of a program's instructions, and the names that it uses.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names: dict[str, Any] = {
            "select": arithmetic.select, "maximum": _MAXIMUM, "minimum": _MINIMUM,
            "f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8, "b1": np.bool_,
            "inf32": np.float32(np.inf), "inf64": np.float64(np.inf),
        }  # fmt: skip
        self._formulas: dict[tuple[Any, str], str] = {}

    def expression(self, step: Instruction, args: tuple[str, ...], index: str) -> str:
        """Source of one instruction; `index` names the position along the innermost axis."""
        text = self._formula_of(step, args, index)
        return f"{CAST[step.dtype]}({text})" if step.dtype.startswith(("int", "uint")) else text

    def neutral(self, step: Instruction) -> str:
        """What a reduction starts from."""
        dtype = self.program.dtype(step.args[0])
        match step.op:
            case "sum":
                return f"{CAST[step.dtype]}(0)"
            case "min":
                return _HIGHEST[dtype]
        return _LOWEST[dtype]

    def accumulate(self, step: Instruction, total: str, x: str) -> str:
        """Source of a sum, maximum or minimum that has taken in one more element."""
        text = f"({total} + {x})" if step.op == "sum" else self._extremum(step.op, total, x, step.dtype)
        return f"{CAST[step.dtype]}({text})" if step.dtype.startswith(("int", "uint")) else text

    def _formula_of(self, step: Instruction, args: tuple[str, ...], index: str) -> str:
        """The formula of one instruction, before integers are narrowed."""
        op, cast = step.op, CAST[step.dtype]
        first = args[0] if args else ""
        if step.dtype == "bool" and op in ("add", "multiply"):
            return f"({first} {'|' if op == 'add' else '&'} {args[1]})"
        if op in _INFIX:
            return f"({first} {_INFIX[op]} {args[1]})"
        source = self.program.dtype(step.args[0]) if step.args else step.dtype
        if op in _FUNCTIONS:
            name = f"{op}_{cast}"
            self.names[name] = BY_DTYPE[step.dtype][op]
            return f"{name}({first})"
        match op:
            case "stop_gradient" | "copy":
                return first
            case "negative":
                return f"(-{first})"
            case "abs":
                return f"abs({first})"
            case "quick_divide":
                self.names[op] = arithmetic.quick_divide
                return f"quick_divide({first}, {args[1]})"
            case "square":
                return first if step.dtype == "bool" else f"({first} * {first})"
            case "sign":
                return self._sign(first, step.dtype)
            case "maximum" | "minimum":
                return self._extremum(op[:3], first, args[1], step.dtype)
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
                return f"{self._formula(step)}({', '.join(args)})"
        raise KernelError(f"No kernel code is known for the element-wise op '{op}'.")

    def _extremum(self, op: str, x: str, y: str, dtype: str) -> str:
        """The larger ("max") or smaller ("min") of two, NaN if either is."""
        if dtype.startswith("float"):
            return f"{'maximum' if op == 'max' else 'minimum'}({x}, {y})"
        if dtype == "bool":
            return f"({x} {'|' if op == 'max' else '&'} {y})"
        return f"{op}({x}, {y})"

    def _sign(self, x: str, dtype: str) -> str:
        """-1, 0, 1, and NaN for NaN."""
        cast = CAST[dtype]
        value = f"({cast}({x} > {cast}(0)) - {cast}({x} < {cast}(0)))"
        return f"select({x} != {x}, {x}, {value})" if dtype.startswith("float") else value

    def _power(self, args: tuple[str, ...], dtype: str) -> str:
        """Floats by vmath, integers through float64."""
        table = dtype if dtype.startswith("float") else "float64"
        name = f"pow_{CAST[table]}"
        self.names[name] = BY_DTYPE[table]["pow"]
        if dtype.startswith("float"):
            return f"{name}({args[0]}, {args[1]})"
        result = f"{name}(f64({args[0]}), f64({args[1]}))"
        return f"({result} != 0)" if dtype == "bool" else result

    def _cast(self, x: str, source: str, target: str) -> str:
        """Conversion of one number."""
        if source == target:
            return x
        if target == "bool":
            return f"({x} != {CAST[source]}(0))"
        if target == "uint8" and source.startswith("float"):
            return f"u8(i64({x}))"
        return f"{CAST[target]}({x})"

    def _formula(self, step: Instruction) -> str:
        """The name of the user's scalar formula in the type of the result."""
        key = (step.formula, step.dtype)
        if key not in self._formulas:
            from nbnet.kernels.scalars import specialise  # few programs hold a formula

            self._formulas[key] = f"formula{len(self._formulas)}"
            self.names[self._formulas[key]] = specialise(step.formula.function, step.dtype)
        return self._formulas[key]
