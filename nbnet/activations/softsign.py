"""An S-shaped function that is flat only slowly."""

from __future__ import annotations

from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["softsign"]


def _softsign(x: float) -> float:
    size = 1e30 if abs(x) > 1e30 else abs(x)  # where the result is ±1; infinity by infinity would be NaN
    value = size / (1.0 + size)
    return value if x > 0.0 else (-value if x < 0.0 else x)


def _softsign_grad(x: float, y: float) -> float:
    return 1.0 / (1.0 + abs(x)) / (1.0 + abs(x))  # one after the other: the square may overflow


_formula = elementwise(_softsign, _softsign_grad)


def softsign(x: Any) -> Any:
    """x / (1 + |x|), between -1 and 1.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    The gradient is 1 / (1 + |x|)².

    References
    ----------
    Bergstra, Desjardins, Lamblin and Bengio 2009, "Quadratic polynomials learn better image features", section 2.
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``softsign``."""
    register("softsign", softsign)
