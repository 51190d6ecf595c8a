"""The activation that changes nothing."""

from __future__ import annotations

from typing import Any

from nbnet.hookspecs import Register, hookimpl

__all__ = ["linear"]


def linear(x: Any) -> Any:
    """f(x) = x.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or array_like
        `x` itself.
    """
    return x


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``linear``."""
    register("linear", linear)
