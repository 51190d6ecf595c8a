"""The hyperbolic tangent."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["tanh"]


def tanh(x: Any) -> Any:
    """(e ** x - e ** -x) / (e ** x + e ** -x), between -1 and 1.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.
    """
    return ops.tanh(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``tanh``."""
    register("tanh", tanh)
