"""The sum of absolute values as a penalty."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.regularizers.regularizer import Regularizer, checked_factor

__all__ = ["L1"]


class L1(Regularizer):
    """l1 Σ |x|: drives weights that are of little use to 0.

    Parameters
    ----------
    l1 : float >= 0

    Raises
    ------
    ValueError
        When the factor is negative or not finite.

    Notes
    -----
    The gradient is l1 sign(x), 0 at 0.

    References
    ----------
    Tibshirani 1996, "Regression shrinkage and selection via the lasso".
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = checked_factor("L1", "l1", l1)

    def __call__(self, x: Any) -> Any:
        """The penalty, shape ()."""
        return self.l1 * ops.sum(ops.abs(x))


@hookimpl
def register_regularizers(register: Register) -> None:
    """Register ``l1``."""
    register("l1", L1)
