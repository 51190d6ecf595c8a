"""Element-wise arithmetic and functions, with NumPy's broadcasting.

Every op here is one scalar formula applied to each element; the compiler fuses chains of them into one kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.errors import DTypeError, ShapeError
from nbnet.graph.ops.cast import cast
from nbnet.graph.ops.registry import register
from nbnet.graph.tensor import Op, Tensor, apply

__all__ = [
    "abs", "add", "divide", "exp", "log", "log1p", "maximum", "minimum", "multiply", "negative", "power", "rsqrt",
    "sigmoid", "sign", "softplus", "sqrt", "square", "stop_gradient", "subtract", "tanh", "where",
]  # fmt: skip


def broadcast_shape(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of operands, as NumPy broadcasts.

    Raises
    ------
    ShapeError
        When two sizes differ and neither is 1.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = " and ".join(str(shape) for shape in shapes)
        raise ShapeError(
            f"{name} expects shapes that broadcast (sizes equal or 1, counted from the last axis); received {listed}. "
            "Reshape one operand."
        ) from None


def elementwise_op(
    name: str,
    reference: Callable[..., Any],
    gradient: Callable[[Tensor, Tensor], Any] | None = None,
    *,
    floats: bool = False,
    promotes: int | None = 0,
    result: str | None = None,
    bools: bool = True,
) -> Op:
    """Register an element-wise op.

    Parameters
    ----------
    name : str
    reference : callable
        The formula over arrays.
    gradient : callable, optional
        ``gradient(node, grad)``: one Tensor or None an input, of the node's shape.
    floats : bool
        Compute integers in float32.
    promotes : int or None
        First operand that takes part in promotion.
    result : str, optional
        The result's dtype when it is not the operands'.
    bools : bool
        Whether the op is defined for bools.
    """

    def infer(*inputs: Any, **attrs: Any) -> tuple[tuple[int, ...], np.dtype]:
        if not bools and inputs[-1].dtype == np.bool_:
            raise DTypeError(f"{name} is not defined for bools; cast them first, for instance ops.cast(x, 'int32').")
        shape = broadcast_shape(name, *(item.shape for item in inputs))
        return shape, np.dtype(result) if result else inputs[-1].dtype

    def quiet(*arrays: np.ndarray, **attrs: Any) -> Any:
        with np.errstate(all="ignore"):
            return reference(*arrays, **attrs)

    return register(Op(name, infer, quiet, gradient, "elementwise", promotes, floats))


def stable_sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype)


ADD = elementwise_op("add", lambda x, y: x + y if x.dtype != np.bool_ else x | y, lambda node, g: (g, g))
SUBTRACT = elementwise_op("subtract", np.subtract, lambda node, g: (g, -g), bools=False)
MULTIPLY = elementwise_op("multiply", np.multiply, lambda node, g: (g * node.inputs[1], g * node.inputs[0]))
DIVIDE = elementwise_op(
    "divide", np.divide, lambda node, g: (g / node.inputs[1], -g * node / node.inputs[1]), floats=True
)
NEGATIVE = elementwise_op("negative", np.negative, lambda node, g: (-g,), bools=False)
ABS = elementwise_op("abs", np.abs, lambda node, g: (g * sign(node.inputs[0]),))
SIGN = elementwise_op("sign", np.sign, bools=False)
SQUARE = elementwise_op("square", np.square, lambda node, g: (g * 2 * node.inputs[0],))
SQRT = elementwise_op("sqrt", np.sqrt, lambda node, g: (g * 0.5 / node,), floats=True)
RSQRT = elementwise_op(
    "rsqrt", lambda x: 1 / np.sqrt(x), lambda node, g: (g * -0.5 * node / node.inputs[0],), floats=True
)
EXP = elementwise_op("exp", np.exp, lambda node, g: (g * node,), floats=True)
LOG = elementwise_op("log", np.log, lambda node, g: (g / node.inputs[0],), floats=True)
LOG1P = elementwise_op("log1p", np.log1p, lambda node, g: (g / (1 + node.inputs[0]),), floats=True)
SIGMOID = elementwise_op("sigmoid", stable_sigmoid, lambda node, g: (g * node * (1 - node),), floats=True)
TANH = elementwise_op("tanh", np.tanh, lambda node, g: (g * (1 - square(node)),), floats=True)
SOFTPLUS = elementwise_op(
    "softplus",
    lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    lambda node, g: (g * sigmoid(node.inputs[0]),),
    floats=True,
)
STOP_GRADIENT = elementwise_op("stop_gradient", lambda x: x)


def _power_reference(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x ** y; a negative integer power of an integer is computed in floats and truncated."""
    if x.dtype.kind == "f":
        return np.power(x, y)
    return np.power(x.astype("float64"), y.astype("float64"))


def _power_gradient(node: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """d x**y = y x**(y-1) dx + x**y ln x dy; 0 dx where y = 0, also at x = 0, and 0 dy where x <= 0."""
    x, y = node.inputs
    positive, constant = x > 0, y == 0
    slope = where(constant, 0.0, y * power(x, where(constant, 1.0, y - 1)))
    return g * slope, where(positive, g * node * log(where(positive, x, 1.0)), 0.0)


POWER = elementwise_op("power", _power_reference, _power_gradient)


def _extremum_gradient(node: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient goes to the operand that was taken; at a tie half to each."""
    x, y = node.inputs
    share = cast(where(x == y, 0.5, where(x == node, 1.0, 0.0)), g.dtype)
    return g * share, g * (1 - share)


MINIMUM = elementwise_op("minimum", np.minimum, _extremum_gradient)
MAXIMUM = elementwise_op("maximum", np.maximum, _extremum_gradient)
WHERE = elementwise_op(
    "where",
    np.where,
    lambda node, g: (None, where(node.inputs[0], g, 0.0), where(node.inputs[0], 0.0, g)),
    promotes=1,
)


def add(x: Any, y: Any) -> Any:
    """x + y; for bools, or."""
    return apply(ADD, x, y)


def subtract(x: Any, y: Any) -> Any:
    """x - y."""
    return apply(SUBTRACT, x, y)


def multiply(x: Any, y: Any) -> Any:
    """x * y; for bools, and."""
    return apply(MULTIPLY, x, y)


def divide(x: Any, y: Any) -> Any:
    """x / y; integers are divided as float32. x / 0 is inf, 0 / 0 is NaN."""
    return apply(DIVIDE, x, y)


def negative(x: Any) -> Any:
    """-x."""
    return apply(NEGATIVE, x)


def abs(x: Any) -> Any:
    """|x|; the gradient at 0 is 0."""
    return apply(ABS, x)


def sign(x: Any) -> Any:
    """-1, 0 or 1; NaN stays NaN. Its gradient is 0 everywhere."""
    return apply(SIGN, x)


def square(x: Any) -> Any:
    """x * x."""
    return apply(SQUARE, x)


def sqrt(x: Any) -> Any:
    """The square root; NaN below 0."""
    return apply(SQRT, x)


def rsqrt(x: Any) -> Any:
    """1 / sqrt(x)."""
    return apply(RSQRT, x)


def exp(x: Any) -> Any:
    """e ** x."""
    return apply(EXP, x)


def log(x: Any) -> Any:
    """The natural logarithm; -inf at 0, NaN below."""
    return apply(LOG, x)


def log1p(x: Any) -> Any:
    """log(1 + x), exact near 0."""
    return apply(LOG1P, x)


def power(x: Any, y: Any) -> Any:
    """x ** y. The gradient in y counts as 0 where x <= 0."""
    return apply(POWER, x, y)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e ** -x)."""
    return apply(SIGMOID, x)


def tanh(x: Any) -> Any:
    """(e ** x - e ** -x) / (e ** x + e ** -x)."""
    return apply(TANH, x)


def softplus(x: Any) -> Any:
    """log(1 + e ** x), computed as max(x, 0) + log1p(e ** -|x|)."""
    return apply(SOFTPLUS, x)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of x and y; NaN if either is. At a tie the gradient goes half to each."""
    return apply(MINIMUM, x, y)


def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y; NaN if either is. At a tie the gradient goes half to each."""
    return apply(MAXIMUM, x, y)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where `condition` is true, else y. No gradient flows from the branch that is not taken.

    Parameters
    ----------
    condition : Tensor or array_like
        Any dtype; non-zero is true.
    x, y : Tensor, array_like or number
    """
    return apply(WHERE, cast(condition, "bool"), x, y)


def stop_gradient(x: Any) -> Any:
    """x itself, through which no gradient flows."""
    return apply(STOP_GRADIENT, x)
