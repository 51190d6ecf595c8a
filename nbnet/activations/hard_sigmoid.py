"""The logistic function in three straight pieces."""

from __future__ import annotations

from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["hard_sigmoid"]


def _hard_sigmoid(x: float) -> float:
    return 0.0 if x <= -3.0 else (1.0 if x >= 3.0 else x / 6.0 + 0.5)  # in this order NaN stays NaN


def _hard_sigmoid_grad(x: float, y: float) -> float:
    return 1.0 / 6.0 if -3.0 < x < 3.0 else 0.0


_formula = elementwise(_hard_sigmoid, _hard_sigmoid_grad)


def hard_sigmoid(x: Any) -> Any:
    """x / 6 + 1/2, cut off at 0 and 1.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    0 where x <= -3, 1 where x >= 3. The gradient is 1/6 between them and 0 elsewhere. As Keras 3 and PyTorch have it;
    Keras 2 took 0.2 x + 0.5, cut off at ±2.5.

    References
    ----------
    Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``hard_sigmoid``."""
    register("hard_sigmoid", hard_sigmoid)
