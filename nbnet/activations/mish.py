"""The self-regularized activation mish."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["mish"]

_FAR = 800.0  # e ** -800 is 0 in float64 too, and an infinite x times it would be NaN


# With e = e ** x is tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2). Where x > 0 both parts are multiplied by e ** -2x:
# only powers of e ** -|x| are computed, and none overflows.
def _mish(x: float) -> float:
    small = math.exp(-abs(x))
    above, rest = (1.0 + 2.0 * small, 2.0 * small * small) if x > 0.0 else (small * (small + 2.0), 2.0)
    return 0.0 if x < -_FAR else x * (above / (above + rest))


def _mish_grad(x: float, y: float) -> float:
    small = math.exp(-abs(x))
    above, rest = (1.0 + 2.0 * small, 2.0 * small * small) if x > 0.0 else (small * (small + 2.0), 2.0)
    near = 0.0 if abs(x) > _FAR else x
    # d tanh(softplus(x)) / dx = 4 e (1 + e) / (e (e + 2) + 2)²
    slope = 4.0 * small * (1.0 + small) * (small if x > 0.0 else 1.0) / ((above + rest) * (above + rest))
    return above / (above + rest) + near * slope


_formula = elementwise(_mish, _mish_grad)


def mish(x: Any) -> Any:
    """x tanh(softplus(x)) = x tanh(log(1 + e ** x)).

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    The gradient is t + x (1 - t²) sigmoid(x) with t = tanh(softplus(x)).

    References
    ----------
    Misra 2019, "Mish: a self regularized non-monotonic activation function", eq. 1.
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``mish``."""
    register("mish", mish)
