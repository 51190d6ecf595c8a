"""The threshold of the perceptron."""

from __future__ import annotations

from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["step"]


def _step(x: float) -> float:
    return 1.0 if x >= 0.0 else (0.0 if x < 0.0 else x)  # NaN stays NaN


def _step_grad(x: float, y: float) -> float:
    return 0.0


_formula = elementwise(_step, _step_grad)


def step(x: Any) -> Any:
    """Heaviside's step: 1 where x >= 0, else 0.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    Its gradient is 0 everywhere, so gradient descent learns nothing through it; :class:`nbnet.Perceptron`
    trains by its own rule.

    References
    ----------
    Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the brain".
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``step``."""
    register("step", step)
