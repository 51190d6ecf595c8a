"""What ``+``, ``@``, ``x[1:]`` and their siblings mean for tensors and variables: calls of :mod:`nbnet.ops`.

The ops stand above this file and are bound by name when they are imported (:func:`bind`), which the package
``nbnet.graph`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, ShapeError, TraceError

__all__ = ["Operators", "bind", "operations"]


operations: Any = SimpleNamespace()
"""The ops by name, for what stands below them."""


def bind(**found: Callable[..., Any]) -> None:
    """Say which ops Python's operators call."""
    vars(operations).update(found)


# Names of NumPy's functions whose op has another name.
_RENAMED = {
    "absolute": "abs", "amax": "max", "amin": "min", "bitwise_and": "logical_and", "bitwise_or": "logical_or",
    "dot": "matmul", "fabs": "abs", "float_power": "power", "invert": "logical_not", "true_divide": "divide",
}  # fmt: skip


def _op_like(function: Any) -> str | None:
    """The name of the op that does what a function of NumPy does, if there is one."""
    name = _RENAMED.get(function.__name__, function.__name__)
    return name if name.islower() and hasattr(operations, name) else None


def _refusal(function: Any, given: Any) -> ArgumentError:
    """What to say where NumPy is asked to compute on a symbol."""
    name, op, kind = function.__name__, _op_like(function), type(given).__name__
    if op is not None:
        remedy = f"use nbnet.ops.{op}"
    elif isinstance(function, np.ufunc):
        remedy = f"for a function of each element use nbnet.elementwise(lambda x: np.{name}(x))"
    else:
        remedy = "no op has that name; write it with those of nbnet.ops"
    return ArgumentError(
        f"np.{name} cannot take a {kind}; {remedy}. To look at numbers, compile(run_eagerly=True) and print the {kind}."
    )


def _with_numbers(call: Callable[..., Any], function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """`call` with arrays in the place of state; a symbol has none."""
    from nbnet.graph.tensor import active_trace  # it derives from what is defined here

    def number(item: Any) -> Any:
        if isinstance(item, (list, tuple)):
            return type(item)([number(inner) for inner in item])
        if not isinstance(item, Operators):
            return item
        if active_trace() is not None:
            raise _refusal(function, item)
        try:
            return item.numpy()
        except TraceError as error:
            raise _refusal(function, item) from error

    return call(*number(tuple(args)), **{key: number(item) for key, item in kwargs.items()})


class Operators:
    """Python's operators, each one op. ``==`` compares element by element; identity is ``is``."""

    __slots__ = ()
    __hash__ = object.__hash__
    shape: tuple[int, ...]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """``np.tanh(x)`` and ``array + x`` are the op of that name; without one, only numbers will do."""
        op = _op_like(ufunc)
        if op is not None and method == "__call__" and not options:
            return getattr(operations, op)(*inputs)
        return _with_numbers(getattr(ufunc, method), ufunc, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """NumPy's other functions take state outside a step, as its array; of a symbol they see the shape alone."""
        if function in (np.shape, np.ndim, np.size) and args and isinstance(args[0], Operators):
            return function(np.broadcast_to(np.uint8(0), args[0].shape), *args[1:], **kwargs)
        return _with_numbers(function, function, args, kwargs)

    def __add__(self, other: Any) -> Any:
        return operations.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return operations.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return operations.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return operations.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return operations.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return operations.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return operations.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return operations.divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return operations.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return operations.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return operations.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return operations.matmul(other, self)

    def __neg__(self) -> Any:
        return operations.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return operations.abs(self)

    def __eq__(self, other: object) -> Any:
        return operations.equal(self, other)

    def __ne__(self, other: object) -> Any:
        return operations.not_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return operations.less(self, other)

    def __le__(self, other: Any) -> Any:
        return operations.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return operations.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return operations.greater_equal(self, other)

    def __and__(self, other: Any) -> Any:
        return operations.logical_and(self, other)

    def __or__(self, other: Any) -> Any:
        return operations.logical_or(self, other)

    def __invert__(self) -> Any:
        return operations.logical_not(self)

    def __getitem__(self, key: Any) -> Any:
        return operations.getitem(self, key)

    def astype(self, dtype: Any) -> Any:
        """The same values as `dtype`."""
        return operations.cast(self, dtype)

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("A tensor without axes has no length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter([self[index] for index in range(len(self))])

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def numpy(self) -> Any:
        """The numbers behind this object."""
        raise TypeError(f"{type(self).__name__} does not say how to get its numbers.")
