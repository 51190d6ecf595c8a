"""The rectified linear unit."""

from __future__ import annotations

from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["relu"]


def _relu(x: float) -> float:
    return 0.0 if x < 0.0 else x  # in this order NaN stays NaN


def _relu_grad(x: float, y: float) -> float:
    return 1.0 if y > 0.0 else 0.0  # by the output: the input need not be kept


_formula = elementwise(_relu, _relu_grad)


def relu(x: Any) -> Any:
    """max(x, 0).

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    The gradient is 1 where x > 0 and 0 elsewhere, at 0 too.

    References
    ----------
    Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``relu``."""
    register("relu", relu)
