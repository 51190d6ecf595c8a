"""The continuously differentiable exponential linear unit."""

from __future__ import annotations

import math
from typing import Any

from nbnet.activations.activation import Activation
from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["CELU", "celu"]


def _celu(x: float, alpha: float) -> float:
    return x if x > 0.0 else alpha * math.expm1(x / alpha)


def _grad_x(x: float, alpha: float, y: float) -> float:
    return 1.0 if x > 0.0 else math.exp(x / alpha)


def _grad_alpha(x: float, alpha: float, y: float) -> float:
    ratio = -800.0 if x < -800.0 * alpha else x / alpha  # e ** -800 is 0, and -inf times it would be NaN
    return 0.0 if x > 0.0 else math.expm1(ratio) - ratio * math.exp(ratio)


_formula = elementwise(_celu, _grad_x, _grad_alpha)


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (e ** (x / alpha) - 1).

    Parameters
    ----------
    x : Tensor or array_like
    alpha : float > 0
        The function tends to -alpha for large negative x.

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Raises
    ------
    ValueError
        When alpha is not positive.

    Notes
    -----
    The gradient is 1 where x > 0 and e ** (x / alpha) elsewhere: without a jump at 0 for any alpha, unlike that of
    :func:`elu`.

    References
    ----------
    Barron 2017, "Continuously differentiable exponential linear units", eq. 2.
    """
    return _formula(x, _positive(alpha))


class CELU(Activation):
    """:func:`celu` with its argument.

    Parameters
    ----------
    alpha : float > 0
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = _positive(alpha)

    def __call__(self, x: Any) -> Any:
        """``celu(x, alpha)``."""
        return celu(x, self.alpha)


def _positive(alpha: float) -> float:
    """`alpha`, refused where it is not positive."""
    if not alpha > 0:
        raise ValueError(f"celu expects alpha > 0; received {alpha}.")
    return alpha


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``celu`` and its class."""
    register("celu", celu)
    register("CELU", CELU)
