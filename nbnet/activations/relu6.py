"""The rectified linear unit that stops at 6."""

from __future__ import annotations

from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["relu6"]


def _relu6(x: float) -> float:
    return 0.0 if x < 0.0 else (6.0 if x > 6.0 else x)  # in this order NaN stays NaN


def _relu6_grad(x: float, y: float) -> float:
    return 1.0 if 0.0 < y < 6.0 else 0.0  # by the output: the input need not be kept


_formula = elementwise(_relu6, _relu6_grad)


def relu6(x: Any) -> Any:
    """min(max(x, 0), 6).

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    The gradient is 1 where 0 < x < 6 and 0 elsewhere, at 0 and 6 too.

    References
    ----------
    Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10", section 2.1.
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``relu6``."""
    register("relu6", relu6)
