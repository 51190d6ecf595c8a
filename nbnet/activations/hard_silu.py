"""The sigmoid linear unit without exponentials."""

from __future__ import annotations

from typing import Any

from nbnet.graph.ops.formula import elementwise
from nbnet.hookspecs import Register, hookimpl

__all__ = ["hard_silu"]


def _hard_silu(x: float) -> float:
    return 0.0 if x <= -3.0 else (x if x >= 3.0 else x * (x / 6.0 + 0.5))  # in this order NaN stays NaN


def _hard_silu_grad(x: float, y: float) -> float:
    return 0.0 if x <= -3.0 else (1.0 if x >= 3.0 else x / 3.0 + 0.5)


_formula = elementwise(_hard_silu, _hard_silu_grad)


def hard_silu(x: Any) -> Any:
    """x times its :func:`~nbnet.activations.hard_sigmoid`.

    Parameters
    ----------
    x : Tensor or array_like

    Returns
    -------
    Tensor or ndarray
        Of the shape of `x`.

    Notes
    -----
    0 where x <= -3, x where x >= 3, x (x + 3) / 6 between; the gradient is 0, 1 and x / 3 + 1/2. Its other name is
    ``"hard_swish"``.

    References
    ----------
    Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """
    return _formula(x)


@hookimpl
def register_activations(register: Register) -> None:
    """Register ``hard_silu``, known as ``hard_swish`` too."""
    register("hard_silu", hard_silu)
    register("hard_swish", hard_silu)
