"""The sum of squares as a penalty."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.regularizers.regularizer import Regularizer, checked_factor

__all__ = ["L2"]


class L2(Regularizer):
    """l2 Σ x²: keeps weights small.

    Parameters
    ----------
    l2 : float >= 0

    Raises
    ------
    ValueError
        When the factor is negative or not finite.

    Notes
    -----
    The gradient is 2 l2 x. The ``weight_decay`` of PyTorch's SGD adds weight_decay · x to the gradient, and so is
    2 l2; scikit-learn's ``alpha`` is 2 l2 times the number of samples of a batch. Under Adam a penalty is scaled like
    any gradient, and is not the weight decay of AdamW.

    References
    ----------
    Krogh and Hertz 1991, "A simple weight decay can improve generalization".
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = checked_factor("L2", "l2", l2)

    def __call__(self, x: Any) -> Any:
        """The penalty, shape ()."""
        return self.l2 * ops.sum(ops.square(x))


@hookimpl
def register_regularizers(register: Register) -> None:
    """Register ``l2``."""
    register("l2", L2)
