"""The logistic function."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["sigmoid"]


def sigmoid(x: Any) -> Any:
    """1 / (1 + e ** -x), between 0 and 1.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.
    """
    return ops.sigmoid(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``sigmoid``."""
    register("sigmoid", sigmoid)
