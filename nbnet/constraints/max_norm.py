"""Weight vectors that are not longer than a bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.constraints.constraint import Constraint
from nbnet.constraints.norms import checked_axis, norms
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["MaxNorm"]


class MaxNorm(Constraint):
    """Vectors longer than `max_value` are shortened to it.

    Parameters
    ----------
    max_value : float > 0
    axis : int or sequence of int
        The axes along which a vector lies: 0 for a Dense kernel (inputs, units), whose columns are the vectors of the
        units; (0, 1, 2) for the kernel of a 2-D convolution.

    Raises
    ------
    ValueError
        When `max_value` is not positive.

    Notes
    -----
    w min(1, max_value / |w|). Vectors that are short enough keep their bits; Keras divides by |w| + 1e-7, which takes
    a little of all of them.

    References
    ----------
    Srebro and Shraibman 2005, "Rank, trace-norm and max-norm"; with dropout: Srivastava et al. 2014, "Dropout: a
    simple way to prevent neural networks from overfitting", section 5.1.
    """

    def __init__(self, max_value: float = 2, axis: int | Sequence[int] = 0) -> None:
        if not max_value > 0:
            raise ValueError(f"MaxNorm expects max_value > 0; received {max_value}.")
        self.max_value = max_value
        self.axis = checked_axis("MaxNorm", axis)

    def __call__(self, w: Any) -> Any:
        """`w`, its vectors shortened."""
        length = norms(w, self.axis)
        shortened = self.max_value / ops.maximum(length, self.max_value)
        return w * ops.where(length > self.max_value, shortened, 1.0)


@hookimpl
def register_constraints(register: Register) -> None:
    """Register ``max_norm``."""
    register("max_norm", MaxNorm)
