"""The rectified linear unit."""

from __future__ import annotations

from typing import Any

from nbnet.activations.activation import Activation
from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["ReLU", "relu"]


def _relu(x: float) -> float:
    return 0.0 if x < 0.0 else x  # in this order NaN stays NaN


def _relu_grad(x: float, y: float) -> float:
    return 1.0 if y > 0.0 else 0.0  # by the output: the input need not be kept


_formula = elementwise(_relu, _relu_grad)


def _bent(x: float, slope: float, threshold: float) -> float:
    below = 0.0 if slope == 0.0 else slope * (x - threshold)  # 0 times -infinity would be NaN
    return below if x <= threshold else x


def _bent_grad_x(x: float, slope: float, threshold: float, y: float) -> float:
    return slope if x <= threshold else 1.0


def _bent_grad_slope(x: float, slope: float, threshold: float, y: float) -> float:
    return x - threshold if x <= threshold else 0.0


def _bent_grad_threshold(x: float, slope: float, threshold: float, y: float) -> float:
    return -slope if x <= threshold else 0.0


def _capped(x: float, top: float) -> float:
    return top if x > top else x


def _capped_grad_x(x: float, top: float, y: float) -> float:
    return 0.0 if x >= top else 1.0


def _capped_grad_top(x: float, top: float, y: float) -> float:
    return 1.0 if x > top else 0.0


_bent_formula = elementwise(_bent, _bent_grad_x, _bent_grad_slope, _bent_grad_threshold, name="relu_bent")
_capped_formula = elementwise(_capped, _capped_grad_x, _capped_grad_top, name="relu_capped")


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """max(x, 0).

    Parameters
    ----------
    x : Tensor or array_like
    negative_slope : float >= 0
        Slope below the threshold.
    max_value : float >= 0, optional
        The largest value of the result; None is none.
    threshold : float >= 0
        Where the unit begins to pass its input on.

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Raises
    ------
    ValueError
        When an argument is negative.

    Notes
    -----
    negative_slope (x - threshold) where x <= threshold, else min(x, max_value). The gradient is 1 where
    threshold < x < max_value, negative_slope where x <= threshold, at 0 too, and 0 elsewhere.

    At x = threshold the result is 0, as Keras and PyTorch compute it; the documentation of Keras says x.

    References
    ----------
    Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """
    _check(negative_slope, max_value, threshold)
    y = _formula(x) if negative_slope == 0 and threshold == 0 else _bent_formula(x, negative_slope, threshold)
    return y if max_value is None else _capped_formula(y, max_value)


class ReLU(Activation):
    """:func:`relu` with its arguments.

    Parameters
    ----------
    negative_slope : float >= 0
    max_value : float >= 0, optional
    threshold : float >= 0
    """

    def __init__(self, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> None:
        _check(negative_slope, max_value, threshold)
        self.negative_slope = negative_slope
        self.max_value = max_value
        self.threshold = threshold

    def __call__(self, x: Any) -> Any:
        """``relu(x, negative_slope, max_value, threshold)``."""
        return relu(x, self.negative_slope, self.max_value, self.threshold)


def _check(negative_slope: float, max_value: float | None, threshold: float) -> None:
    """Raise a ValueError for a negative argument."""
    named = {"negative_slope": negative_slope, "max_value": max_value, "threshold": threshold}
    for name, value in named.items():
        if (value is None and name != "max_value") or (value is not None and not value >= 0):
            raise ValueError(f"relu expects {name} >= 0; received {value}.")


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``relu`` and its class."""
    register("relu", relu)
    register("ReLU", ReLU)
