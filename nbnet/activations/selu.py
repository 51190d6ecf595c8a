"""The scaled exponential linear unit."""

from __future__ import annotations

import math
from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["selu"]

# The fixed point of mean 0 and variance 1: the paper's appendix gives these digits.
_ALPHA = 1.6732632423543772848170429916717
_SCALE = 1.0507009873554804934193349852946


def _selu(x: float) -> float:
    return _SCALE * (x if x > 0.0 else _ALPHA * math.expm1(x))


def _selu_grad(x: float, y: float) -> float:
    return _SCALE * (1.0 if x > 0.0 else _ALPHA * math.exp(x))


_formula = elementwise(_selu, _selu_grad)


def selu(x: Any) -> Any:
    """scale · elu(x, alpha) with alpha = 1.6732632… and scale = 1.0507009….

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    Weights drawn by ``lecun_normal`` then keep mean 0 and variance 1 from layer to layer. The gradient is scale where
    x > 0 and scale · alpha · e ** x elsewhere.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter 2017, "Self-normalizing neural networks", eq. 2.
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``selu``."""
    register("selu", selu)
