"""Absolute values and squares together as a penalty."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.regularizers.regularizer import Regularizer, checked_factor

__all__ = ["L1L2"]


class L1L2(Regularizer):
    """l1 Σ |x| + l2 Σ x².

    Parameters
    ----------
    l1, l2 : float >= 0, optional
        Without both, each is 0.01, and so for the name ``"l1_l2"``; without one of them, that one is 0. The class of
        Keras 3 has 0 for both, which is no penalty at all.

    Raises
    ------
    ValueError
        When a factor is negative or not finite.

    References
    ----------
    Zou and Hastie 2005, "Regularization and variable selection via the elastic net", eq. 3.
    """

    def __init__(self, l1: float | None = None, l2: float | None = None) -> None:
        absent = 0.01 if l1 is None and l2 is None else 0.0
        self.l1 = checked_factor("L1L2", "l1", absent if l1 is None else l1)
        self.l2 = checked_factor("L1L2", "l2", absent if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        """The penalty, shape ()."""
        return self.l1 * ops.sum(ops.abs(x)) + self.l2 * ops.sum(ops.square(x))


@hookimpl
def register_regularizers(register: Register) -> None:
    """Register ``l1_l2``, known as ``l1l2`` too."""
    register("l1_l2", L1L2)
    register("l1l2", L1L2)
