"""The rectified linear unit with a slope on its negative side."""

from __future__ import annotations

from typing import Any

from nbnet.activations.activation import Activation
from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["LeakyReLU", "leaky_relu"]


def _leaky_relu(x: float, slope: float) -> float:
    return slope * x if x < 0.0 else x


def _grad_x(x: float, slope: float, y: float) -> float:
    return 1.0 if y > 0.0 else slope  # x and y have the same sign, since the slope is not negative


def _grad_slope(x: float, slope: float, y: float) -> float:
    return x if x < 0.0 else 0.0


_formula = elementwise(_leaky_relu, _grad_x, _grad_slope)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x where x >= 0, else negative_slope * x.

    Parameters
    ----------
    x : Tensor or array_like
    negative_slope : float >= 0
        0.2 as in Keras 3. PyTorch and the original paper take 0.01, the LeakyReLU layer of Keras 3 takes 0.3.

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Raises
    ------
    ValueError
        When the slope is negative.

    Notes
    -----
    The gradient is 1 where x > 0 and `negative_slope` elsewhere, at 0 too.

    References
    ----------
    Maas, Hannun and Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """
    return _formula(x, _not_negative(negative_slope))


class LeakyReLU(Activation):
    """:func:`leaky_relu` with its argument.

    Parameters
    ----------
    negative_slope : float >= 0
        0.2 as that of the function; the layer :class:`nbnet.layers.LeakyReLU` takes 0.3, as Keras has it.
    """

    def __init__(self, negative_slope: float = 0.2) -> None:
        self.negative_slope = _not_negative(negative_slope)

    def __call__(self, x: Any) -> Any:
        """``leaky_relu(x, negative_slope)``."""
        return leaky_relu(x, self.negative_slope)


def _not_negative(slope: float) -> float:
    """`slope`, refused where it is negative."""
    if not slope >= 0:
        raise ValueError(f"leaky_relu expects negative_slope >= 0; received {slope}.")
    return slope


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``leaky_relu`` and its class."""
    register("leaky_relu", leaky_relu)
    register("LeakyReLU", LeakyReLU)
