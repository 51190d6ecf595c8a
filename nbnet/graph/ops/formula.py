"""Element-wise operators from a plain scalar function: :func:`elementwise`."""

from __future__ import annotations

import dis
import functools
import inspect
import math
import os
from types import FunctionType
from typing import Any

import numpy as np

from nbnet.errors import GradientError, NbnetError, TraceError
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import make_input, topological
from nbnet.graph.ops.elementwise import broadcast_shape
from nbnet.graph.ops.rebind import python_function, rebind
from nbnet.graph.ops.registry import register
from nbnet.graph.ops.vocabulary import numbers, symbols
from nbnet.graph.tensor import CONSTANT, INPUT, Op, Spec, Tensor, apply, constant
from nbnet.graph.trace import Trace, tracing

__all__ = ["Formula", "elementwise"]

_MANY = 64
"""Elements from which the reference tries to compute all at once."""


class Formula:
    """A scalar function as an element-wise operator; made by :func:`elementwise`, called like an op.

    Attributes
    ----------
    function : function
        n numbers → a number.
    partials : tuple of Formula
        For each argument the derivative, of (x1, …, xn, y); empty: derived from `function` when asked for.
    name : str
    arity : int
        How many arguments the function needs; those with a default keep it.
    """

    def __init__(self, function: Any, partials: tuple[Any, ...] = (), name: str | None = None) -> None:
        found = python_function(function)
        if found is None:
            raise TypeError(
                f"elementwise expects Python functions (def or lambda); received {function!r}. Wrap it: lambda x: f(x)."
            )
        line = _returns_none(found)
        if line is not None:
            raise TypeError(
                f"The formula '{found.__name__}' ({os.path.basename(found.__code__.co_filename)}:{line}) returns None "
                "there and not a number: does it end with return?"
            )
        self.function: FunctionType = found
        self.name = name or found.__name__.replace("<lambda>", "formula")
        self.arity = _arity(found)
        if partials and len(partials) != self.arity:
            raise GradientError(
                f"'{self.name}' has {self.arity} arguments and so takes {self.arity} partial derivatives, or none; "
                f"received {len(partials)}."
            )
        self.partials = tuple(
            partial if isinstance(partial, Formula) else Formula(partial, name=f"{self.name}_grad{index or ''}")
            for index, partial in enumerate(partials)
        )
        for partial in self.partials:
            if partial.arity != self.arity + 1:
                raise GradientError(
                    f"A partial derivative of '{self.name}' takes its {self.arity} arguments and the result y; "
                    f"'{partial.function.__name__}' takes {partial.arity}."
                )
        self._derivatives: dict[np.dtype, _Derivative] = {}

    def __call__(self, *operands: Any) -> Any:
        """The function of each element, with broadcasting: a Tensor for tensors, an array for arrays."""
        if len(operands) != self.arity:
            raise TypeError(f"'{self.name}' takes {self.arity} operands; received {len(operands)}.")
        return apply(FORMULA, *operands, formula=self)

    def derivative(self, dtype: np.dtype) -> _Derivative:
        """The recorded derivative of a function without partials, in `dtype`."""
        if dtype not in self._derivatives:
            self._derivatives[dtype] = _Derivative(self, dtype)
        return self._derivatives[dtype]

    def __repr__(self) -> str:
        return self.name


def _returns_none(function: FunctionType) -> int | None:
    """The line on which `function` returns None, as it does where it ends without return; None if there is none."""
    line, before = function.__code__.co_firstlineno, None
    for step in dis.get_instructions(function):
        line = (step.positions.lineno if step.positions else None) or line
        nothing = before is not None and before.opname == "LOAD_CONST" and before.argval is None
        if (step.opname == "RETURN_CONST" and step.argval is None) or (step.opname == "RETURN_VALUE" and nothing):
            return line
        before = step
    return None


def _arity(function: FunctionType) -> int:
    """How many arguments without a default `function` has."""
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [item for item in inspect.signature(function).parameters.values() if item.default is item.empty]
    if not needed or any(item.kind not in plain for item in needed):
        raise TypeError(f"elementwise expects a function of a fixed number of arguments; received {function.__name__}.")
    return len(needed)


class _Derivative:
    """The partial derivatives of a branch-free formula, recorded once on numbers and replayed on operands."""

    def __init__(self, formula: Formula, dtype: np.dtype) -> None:
        self.leaves = [make_input((), dtype, index) for index in range(formula.arity + 1)]
        *operands, g = self.leaves
        with tracing(Trace()):
            try:
                y = _returned(rebind(formula.function, symbols(_functions()))(*operands), formula)
                self.roots = gradients(y, operands, g) if isinstance(y, Tensor) and y.dtype.kind == "f" else []
            except (NbnetError, TypeError, ValueError, AttributeError) as error:
                branches = "it decides by the value of a number (if, and, or, while)."
                raise GradientError(
                    f"The derivative of '{formula.name}' cannot be derived from its code: "
                    f"{branches if isinstance(error, TraceError) else error} Give its partial derivatives, "
                    "elementwise(f, partial…), or write it with ops (ops.where in place of if)."
                ) from error

    def replay(self, *values: Tensor) -> list[Tensor | None]:
        """The partials at (operands…, g); None where the formula does not depend on the operand."""
        known: dict[int, Any] = {id(leaf): value for leaf, value in zip(self.leaves, values, strict=True)}
        for node in topological(self.roots):
            if node.op is CONSTANT:
                known[id(node)] = node.attrs["value"]
            elif node.op is not INPUT:
                known[id(node)] = apply(node.op, *(known[id(item)] for item in node.inputs), **node.attrs)
        results = [known[id(root)] for root in self.roots] or [None] * (len(values) - 1)
        return [result if isinstance(result, Tensor) else None for result in results]


def _needed(partial: Formula, operands: tuple[Tensor, ...]) -> list[Tensor]:
    """`operands` with a 0 in place of those that `partial` does not look at: they need not be kept or read."""
    code = partial.function.__code__
    loaded = set(code.co_cellvars)
    for step in dis.get_instructions(code):
        if step.opname.startswith("LOAD_FAST"):
            loaded.update(step.argval if isinstance(step.argval, tuple) else (step.argval,))
    names = code.co_varnames[: len(operands)]
    nothing = constant(np.asarray(0, operands[-1].dtype))
    return [item if name in loaded else nothing for name, item in zip(names, operands, strict=True)]


def _returned(value: Any, formula: Formula) -> Any:
    """What a formula gave, unless that is None, which NumPy would make NaN."""
    if value is None:
        raise TypeError(f"'{formula.name}', or a function that it calls, returned None: does it end with return?")
    return value


def _infer(*inputs: Any, formula: Formula) -> Spec:
    return broadcast_shape(f"'{formula.name}'", *(item.shape for item in inputs)), inputs[0].dtype


def _reference(*arrays: np.ndarray, formula: Formula) -> np.ndarray:
    """All elements at once where the function has no branch, else one after the other, in the arrays' dtype."""
    dtype = arrays[0].dtype
    shape = np.broadcast_shapes(*(item.shape for item in arrays))
    with np.errstate(all="ignore"):
        if math.prod(shape) >= _MANY:
            try:
                result = _returned(rebind(formula.function, symbols(_functions()))(*arrays), formula)
                result = np.asarray(result, dtype)
                return np.array(np.broadcast_to(result, shape))
            except (NbnetError, TypeError, ValueError, AttributeError):
                pass  # it decides by the value of a number
        function = rebind(formula.function, numbers(dtype))
        operands = np.broadcast_arrays(*arrays)
        values = [
            _returned(function(*elements), formula)
            for elements in zip(*(item.ravel() for item in operands), strict=True)
        ]
        return np.array(values, dtype).reshape(operands[0].shape)


def _gradient(node: Tensor, g: Tensor) -> list[Any]:
    """g times each partial derivative."""
    formula: Formula = node.attrs["formula"]
    if formula.partials:
        return [g * partial(*_needed(partial, (*node.inputs, node))) for partial in formula.partials]
    return list(formula.derivative(node.dtype).replay(*node.inputs, g))


FORMULA = register(Op("formula", _infer, _reference, _gradient, "formula", 0, floats=True))


def elementwise(function: Any, *partials: Any, name: str | None = None) -> Formula:
    """An element-wise operator from a scalar function.

    Parameters
    ----------
    function : function
        n numbers → a number, written with arithmetic, ``if`` and ``math``. Compiled for each element, in the
        dtype of the operands (integers in float32).
    *partials : function or Formula
        The n partial derivatives, each a function of (x1, …, xn, y), y being the result. Without them the
        derivative is derived from a branch-free function; one with ``if`` has none. A partial that has branches
        itself and is to be differentiated again is given as ``elementwise(partial, …)`` with its own n + 1.
    name : str, optional
        For graphs and messages; the function's own name when None.

    Returns
    -------
    Formula
        To be called with n operands, which broadcast.

    Raises
    ------
    TypeError
        When `function` is no Python function of a fixed number of arguments.
    GradientError
        When the number of partials or of their arguments is wrong.

    Notes
    -----
    y = f(x1, …, xn); dx_i = dy ∂f/∂x_i (x1, …, xn, y).

    Examples
    --------
    >>> import math
    >>> swish = elementwise(lambda x: x / (1.0 + math.exp(-x)))
    >>> float(swish(0.0))
    0.0
    """
    return Formula(function, partials, name)


@functools.cache
def _functions() -> dict[Any, Formula]:
    """The functions of ``math`` that are no ops, each a formula with its derivative."""
    table: dict[Any, tuple[Any, ...]] = {
        math.sin: (lambda x: math.sin(x), lambda x, y: math.cos(x)),
        math.cos: (lambda x: math.cos(x), lambda x, y: -math.sin(x)),
        math.tan: (lambda x: math.tan(x), lambda x, y: 1.0 + y * y),
        math.asin: (lambda x: math.asin(x), lambda x, y: 1.0 / math.sqrt(1.0 - x * x)),
        math.acos: (lambda x: math.acos(x), lambda x, y: -1.0 / math.sqrt(1.0 - x * x)),
        math.atan: (lambda x: math.atan(x), lambda x, y: 1.0 / (1.0 + x * x)),
        math.sinh: (lambda x: math.sinh(x), lambda x, y: math.cosh(x)),
        math.cosh: (lambda x: math.cosh(x), lambda x, y: math.sinh(x)),
        math.asinh: (lambda x: math.asinh(x), lambda x, y: 1.0 / math.sqrt(x * x + 1.0)),
        math.acosh: (lambda x: math.acosh(x), lambda x, y: 1.0 / math.sqrt(x * x - 1.0)),
        math.atanh: (lambda x: math.atanh(x), lambda x, y: 1.0 / (1.0 - x * x)),
        math.expm1: (lambda x: math.expm1(x), lambda x, y: y + 1.0),
        math.erf: (lambda x: math.erf(x), lambda x, y: 2.0 / math.sqrt(math.pi) * math.exp(-x * x)),
        math.erfc: (lambda x: math.erfc(x), lambda x, y: -2.0 / math.sqrt(math.pi) * math.exp(-x * x)),
        math.log2: (lambda x: math.log(x) / math.log(2.0), lambda x, y: 1.0 / (x * math.log(2.0))),
        math.log10: (lambda x: math.log(x) / math.log(10.0), lambda x, y: 1.0 / (x * math.log(10.0))),
        math.floor: (lambda x: math.floor(x) * 1.0, lambda x, y: 0.0 * x),
        math.ceil: (lambda x: math.ceil(x) * 1.0, lambda x, y: 0.0 * x),
        math.hypot: (lambda a, b: math.hypot(a, b), lambda a, b, y: a / y, lambda a, b, y: b / y),
        math.atan2: (
            lambda a, b: math.atan2(a, b), lambda a, b, y: b / (a * a + b * b), lambda a, b, y: -a / (a * a + b * b),
        ),
    }  # fmt: skip
    return {function: Formula(*_named(function.__name__, entry)) for function, entry in table.items()}


def _named(name: str, entry: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], str]:
    """Arguments of :class:`Formula` for an entry of the table."""
    return entry[0], entry[1:], name
