"""The Gaussian error linear unit."""

from __future__ import annotations

import math
from typing import Any

from nbnet.activations.activation import Activation
from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["GELU", "gelu"]

_INV_SQRT_2 = 1 / math.sqrt(2)
_INV_SQRT_2PI = 1 / math.sqrt(2 * math.pi)
_TWICE_SQRT_2_OVER_PI = 2 * math.sqrt(2 / math.pi)
_CUBIC = 0.044715

# Beyond this both forms are x or 0 to the last bit; computing on would multiply infinity by 0.
_FAR = 40.0


def _exact(x: float) -> float:
    return 0.0 if x < -_FAR else 0.5 * x * (1.0 + math.erf(x * _INV_SQRT_2))


def _exact_grad(x: float, y: float) -> float:
    density = 0.0 if abs(x) > _FAR else x * math.exp(-0.5 * x * x) * _INV_SQRT_2PI
    return 0.5 * (1.0 + math.erf(x * _INV_SQRT_2)) + density


def _tanh_form(x: float) -> float:
    # (1 + tanh(z)) / 2 = 1 / (1 + e ** -2z), which has no difference of near numbers for negative z
    z = _TWICE_SQRT_2_OVER_PI * (x + _CUBIC * x * x * x)
    return 0.0 if x < -_FAR else x / (1.0 + math.exp(-z))


def _tanh_form_grad(x: float, y: float) -> float:
    z = _TWICE_SQRT_2_OVER_PI * (x + _CUBIC * x * x * x)
    share = 1.0 / (1.0 + math.exp(-z))
    slope = _TWICE_SQRT_2_OVER_PI * (1.0 + 3.0 * _CUBIC * x * x)
    near = share + x * share * (1.0 - share) * slope
    return 1.0 if x > _FAR else (0.0 if x < -_FAR else near)


_exact_formula = elementwise(_exact, _exact_grad, name="gelu")
_tanh_formula = elementwise(_tanh_form, _tanh_form_grad, name="gelu_tanh")


def gelu(x: Any, approximate: bool = False) -> Any:
    """x Φ(x), where Φ is the distribution function of the standard normal distribution.

    Parameters
    ----------
    x : Tensor or array_like
    approximate : bool
        The older form with tanh in place of the error function; the two differ by less than 0.0005. PyTorch calls
        it ``approximate="tanh"``; the original BERT and GPT-2 were trained with it.

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    Exact: y = x (1 + erf(x / √2)) / 2, y' = Φ(x) + x φ(x), φ being the normal density.
    Approximate: y = x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    References
    ----------
    Hendrycks and Gimpel 2016, "Gaussian error linear units (GELUs)", section 2.
    """
    return _tanh_formula(x) if approximate else _exact_formula(x)


class GELU(Activation):
    """:func:`gelu` with its argument.

    Parameters
    ----------
    approximate : bool
    """

    def __init__(self, approximate: bool = False) -> None:
        self.approximate = approximate

    def __call__(self, x: Any) -> Any:
        """``gelu(x, approximate)``."""
        return gelu(x, self.approximate)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``gelu`` and its class."""
    register("gelu", gelu)
    register("GELU", GELU)
