"""The same functions in float64: the C library's, and what it lacks written stably."""

import math
from typing import Any

from nbnet.kernels.vmath.bits import exact


@exact
def exp(x: Any) -> Any:
    """e to the power x."""
    return math.exp(x)


@exact
def expm1(x: Any) -> Any:
    """e to the power x, minus 1."""
    return math.expm1(x)


@exact
def log(x: Any) -> Any:
    """Natural logarithm; -inf at 0, NaN below."""
    return math.log(x)


@exact
def log1p(x: Any) -> Any:
    """log(1 + x); -inf at -1, NaN below."""
    return math.log1p(x)


@exact
def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return math.tanh(x)


@exact
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    e = math.exp(-abs(x))
    return (e if x < 0.0 else 1.0) / (1.0 + e)


@exact
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return (x if x > 0.0 else 0.0) + math.log1p(math.exp(-abs(x)))


@exact
def pow(x: Any, y: Any) -> Any:
    """x to the power y, with C99's special cases."""
    return math.pow(x, y)


@exact
def erf(x: Any) -> Any:
    """Error function."""
    return math.erf(x)


@exact
def sin(x: Any) -> Any:
    """Sine of x in radians."""
    return math.sin(x)


@exact
def cos(x: Any) -> Any:
    """Cosine of x in radians."""
    return math.cos(x)


@exact
def sqrt(x: Any) -> Any:
    """Square root; NaN below 0."""
    return math.sqrt(x)


@exact
def rsqrt(x: Any) -> Any:
    """1 / sqrt(x)."""
    return 1.0 / math.sqrt(x)
