"""What ``+``, ``@``, ``x[1:]`` and their siblings mean for tensors and variables: calls of :mod:`nbnet.ops`.

The ops stand above this file and are bound by name when they are imported (:func:`bind`), which the package
``nbnet.graph`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from nbnet.errors import ShapeError

__all__ = ["Operators", "bind", "operations"]


operations: Any = SimpleNamespace()
"""The ops by name, for what stands below them."""


def bind(**found: Callable[..., Any]) -> None:
    """Say which ops Python's operators call."""
    vars(operations).update(found)


class Operators:
    """Python's operators, each one op. ``==`` compares element by element; identity is ``is``."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy arrays on the left leave the work to this class
    __hash__ = object.__hash__
    shape: tuple[int, ...]

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
