"""What ``math``, ``numpy`` and the built-ins mean inside a formula: on NumPy scalars, and on tensors."""

from __future__ import annotations

import builtins
import functools
import math
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from nbnet.errors import GradientError
from nbnet.graph.ops import elementwise as ew
from nbnet.graph.ops.compare import isfinite, not_equal

__all__ = ["numbers", "symbols"]

Function = Callable[..., Any]

# math function → the NumPy function of the same values; NumPy gives inf and NaN where math raises.
_NUMPY: Mapping[Any, Function] = {
    math.acos: np.arccos, math.acosh: np.arccosh, math.asin: np.arcsin, math.asinh: np.arcsinh, math.atan: np.arctan,
    math.atan2: np.arctan2, math.atanh: np.arctanh, math.ceil: np.ceil, math.copysign: np.copysign, math.cos: np.cos,
    math.cosh: np.cosh, math.exp: np.exp, math.expm1: np.expm1, math.fabs: np.abs, math.floor: np.floor,
    math.fmod: np.fmod, math.hypot: np.hypot, math.isfinite: np.isfinite, math.isinf: np.isinf, math.isnan: np.isnan,
    math.log10: np.log10, math.log1p: np.log1p, math.log2: np.log2, math.pow: np.power, math.sin: np.sin,
    math.sinh: np.sinh, math.sqrt: np.sqrt, math.tan: np.tan, math.tanh: np.tanh, math.trunc: np.trunc,
    math.degrees: np.degrees, math.radians: np.radians,
}  # fmt: skip


def _log(log: Function) -> Function:
    """``math.log`` with its optional base, over another logarithm."""

    def with_base(x: Any, base: Any = None) -> Any:
        return log(x) if base is None else log(x) / log(base)

    return with_base


def _typed(function: Function) -> Function:
    """`function` with its result in the type of its first NumPy operand."""

    def call(*operands: Any) -> Any:
        kinds = [type(item) for item in operands if isinstance(item, np.floating)]
        try:
            result = function(*operands)
        except ValueError:
            result = math.nan
        except OverflowError:
            result = math.inf
        return kinds[0](result) if kinds else result

    return call


def numbers(dtype: np.dtype) -> Callable[[Any], Any]:
    """The translation under which a formula computes on NumPy scalars of `dtype`: IEEE results, no exceptions."""
    table: dict[int, Function] = {id(function): new for function, new in _NUMPY.items()}
    table[id(math.log)] = _log(np.log)
    for function in (builtins.max, builtins.min, builtins.float):
        table[id(function)] = _typed(function)

    def translate(value: Any) -> Any:
        if type(value) is float:
            return dtype.type(value)
        if id(value) in table:
            return table[id(value)]
        if isinstance(value, BuiltinFunctionType) and value.__module__ == "math":
            return _typed(value)  # erf, gamma and the like
        return value

    return translate


def _nary(op: Function) -> Function:
    """A binary op for two or more operands, or one sequence of them."""

    def call(*operands: Any) -> Any:
        return functools.reduce(op, operands if len(operands) > 1 else operands[0])

    return call


def _missing(value: Any) -> Function:
    """What stands for a function that no op computes."""

    def call(*operands: Any, **_: Any) -> Any:
        raise GradientError(f"'{value.__name__}' has no known derivative.")

    return call


def symbols(extra: Mapping[Any, Function]) -> Callable[[Any], Any]:
    """The translation under which a formula records ops.

    Parameters
    ----------
    extra : mapping
        math function → what it means on tensors, beside the functions that are ops.
    """
    known: dict[Any, Function] = {
        math.exp: ew.exp, math.log: _log(ew.log), math.log1p: ew.log1p, math.tanh: ew.tanh, math.sqrt: ew.sqrt,
        math.pow: ew.power, math.fabs: ew.abs, math.isfinite: isfinite, math.isnan: lambda x: not_equal(x, x),
        **extra,
    }  # fmt: skip
    for name, function in _NUMPY.items():
        if name in known and name is not math.pow:
            known.setdefault(function, known[name])
    known |= {
        np.log: ew.log, np.power: ew.power, np.absolute: ew.abs, np.fabs: ew.abs, np.maximum: ew.maximum,
        np.minimum: ew.minimum, np.where: ew.where, np.square: ew.square, np.sign: ew.sign, np.negative: ew.negative,
        builtins.max: _nary(ew.maximum), builtins.min: _nary(ew.minimum), builtins.float: lambda x: x,
    }  # fmt: skip
    table = {id(function): new for function, new in known.items()}

    def translate(value: Any) -> Any:
        if id(value) in table:
            return table[id(value)]
        if isinstance(value, np.ufunc) or (isinstance(value, BuiltinFunctionType) and value.__module__ == "math"):
            return _missing(value)
        return value

    return translate
