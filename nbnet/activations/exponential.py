"""The exponential function as an activation."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["exponential"]


def exponential(x: Any) -> Any:
    """e ** x: for outputs that are rates, with a Poisson loss.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`; inf above 88.7 in float32, above 709.7 in float64.
    """
    return ops.exp(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``exponential``."""
    register("exponential", exponential)
