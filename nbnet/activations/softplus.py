"""The smooth form of the rectified linear unit."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["softplus"]


def softplus(x: Any) -> Any:
    """log(1 + e ** x), greater than 0.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    The gradient is sigmoid(x). PyTorch's ``beta`` and ``threshold`` do not exist: no x overflows.

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau and Garcia 2001, "Incorporating second-order functional knowledge for better option
    pricing", section 2.
    """
    return ops.softplus(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``softplus``."""
    register("softplus", softplus)
