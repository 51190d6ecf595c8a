"""The sigmoid linear unit."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["silu"]

_FAR = 800.0  # e ** -800 is 0 in float64 too, and an infinite x times it would be NaN


def _silu(x: float) -> float:
    return 0.0 if x < -_FAR else x / (1.0 + math.exp(-x))


def _silu_grad(x: float, y: float) -> float:
    near = 0.0 if abs(x) > _FAR else x
    return 1.0 / (1.0 + math.exp(-x)) * (1.0 + near / (1.0 + math.exp(x)))


_formula = elementwise(_silu, _silu_grad)


def silu(x: Any) -> Any:
    """x / (1 + e ** -x), x times its logistic function.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    With s = sigmoid(x) the gradient is s (1 + x (1 - s)). Also known as swish with β = 1; the name ``"swish"`` is
    that of the plugin nbnet-swish.

    References
    ----------
    Elfwing, Uchibe and Doya 2018, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", eq. 7 and 8.
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``silu``."""
    register("silu", silu)
