"""The exponential linear unit."""

from __future__ import annotations

import math
from typing import Any

from nbnet.activations.activation import Activation
from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["ELU", "elu"]


def _elu(x: float, alpha: float) -> float:
    return x if x > 0.0 else alpha * math.expm1(x)


def _grad_x(x: float, alpha: float, y: float) -> float:
    return 1.0 if x > 0.0 else alpha * math.exp(x)


def _grad_alpha(x: float, alpha: float, y: float) -> float:
    return 0.0 if x > 0.0 else math.expm1(x)


_formula = elementwise(_elu, _grad_x, _grad_alpha)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (e ** x - 1).

    Parameters
    ----------
    x : Tensor or array_like
    alpha : float
        The function tends to -alpha for large negative x.

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    The gradient is 1 where x > 0 and alpha e ** x elsewhere: at 0 it is alpha.

    References
    ----------
    Clevert, Unterthiner and Hochreiter 2016, "Fast and accurate deep network learning by exponential linear units
    (ELUs)", eq. 15.
    """
    return _formula(x, alpha)


class ELU(Activation):
    """:func:`elu` with its argument.

    Parameters
    ----------
    alpha : float
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def __call__(self, x: Any) -> Any:
        """``elu(x, alpha)``."""
        return elu(x, self.alpha)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``elu`` and its class."""
    register("elu", elu)
    register("ELU", ELU)
