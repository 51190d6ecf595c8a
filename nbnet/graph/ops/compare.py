"""Comparisons and logic: element-wise, with bool results and no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.elementwise import elementwise_op
from nbnet.graph.tensor import apply

__all__ = [
    "equal", "greater", "greater_equal", "isfinite", "less", "less_equal", "logical_and", "logical_not", "logical_or",
    "not_equal",
]  # fmt: skip

EQUAL = elementwise_op("equal", np.equal, result="bool")
NOT_EQUAL = elementwise_op("not_equal", np.not_equal, result="bool")
LESS = elementwise_op("less", np.less, result="bool")
LESS_EQUAL = elementwise_op("less_equal", np.less_equal, result="bool")
GREATER = elementwise_op("greater", np.greater, result="bool")
GREATER_EQUAL = elementwise_op("greater_equal", np.greater_equal, result="bool")
LOGICAL_AND = elementwise_op("logical_and", np.logical_and, promotes=None, result="bool")
LOGICAL_OR = elementwise_op("logical_or", np.logical_or, promotes=None, result="bool")
LOGICAL_NOT = elementwise_op("logical_not", np.logical_not, promotes=None, result="bool")
ISFINITE = elementwise_op("isfinite", np.isfinite, floats=True, result="bool")


def equal(x: Any, y: Any) -> Any:
    """x == y; NaN equals nothing."""
    return apply(EQUAL, x, y)


def not_equal(x: Any, y: Any) -> Any:
    """x != y."""
    return apply(NOT_EQUAL, x, y)


def less(x: Any, y: Any) -> Any:
    """x < y."""
    return apply(LESS, x, y)


def less_equal(x: Any, y: Any) -> Any:
    """x <= y."""
    return apply(LESS_EQUAL, x, y)


def greater(x: Any, y: Any) -> Any:
    """x > y."""
    return apply(GREATER, x, y)


def greater_equal(x: Any, y: Any) -> Any:
    """x >= y."""
    return apply(GREATER_EQUAL, x, y)


def logical_and(x: Any, y: Any) -> Any:
    """Whether both are non-zero."""
    return apply(LOGICAL_AND, cast(x, "bool"), cast(y, "bool"))


def logical_or(x: Any, y: Any) -> Any:
    """Whether one of the two is non-zero."""
    return apply(LOGICAL_OR, cast(x, "bool"), cast(y, "bool"))


def logical_not(x: Any) -> Any:
    """Whether x is zero."""
    return apply(LOGICAL_NOT, cast(x, "bool"))


def isfinite(x: Any) -> Any:
    """Whether x is neither NaN nor infinite."""
    return apply(ISFINITE, x)
