"""Weight vectors whose length lies between two bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.constraints.constraint import Constraint
from nbnet.constraints.norms import LEAST, checked_axis, norms
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["MinMaxNorm"]


class MinMaxNorm(Constraint):
    """Vectors are brought to a length of at least `min_value` and at most `max_value`, or part of the way there.

    Parameters
    ----------
    min_value, max_value : float, 0 <= min_value <= max_value
    rate : float in [0, 1]
        The part of the way that one update goes; 1 is all of it.
    axis : int or sequence of int
        The axes along which a vector lies: 0 for a Dense kernel (inputs, units), whose columns are the vectors of the
        units; (0, 1, 2) for the kernel of a 2-D convolution.

    Raises
    ------
    ValueError
        When the bounds or the rate are out of range.

    Notes
    -----
    w (rate clip(|w|, min_value, max_value) + (1 - rate) |w|) / |w|. Vectors between the bounds keep their bits (Keras
    divides by |w| + 1e-7); a vector of zeros has no direction and stays one.
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int | Sequence[int] = 0
    ) -> None:
        if not 0 <= min_value <= max_value:
            raise ValueError(f"MinMaxNorm expects 0 <= min_value <= max_value; received {min_value} and {max_value}.")
        if not 0 <= rate <= 1:
            raise ValueError(f"MinMaxNorm expects a rate in [0, 1]; received {rate}.")
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = checked_axis("MinMaxNorm", axis)

    def __call__(self, w: Any) -> Any:
        """`w`, its vectors lengthened or shortened."""
        length = norms(w, self.axis)
        bounded = ops.minimum(ops.maximum(length, self.min_value), self.max_value)
        wanted = self.rate * bounded + (1 - self.rate) * length
        return w * ops.where(bounded == length, 1.0, wanted / ops.maximum(length, LEAST))


@hookimpl
def register_constraints(register: Register) -> None:
    """Register ``min_max_norm``."""
    register("min_max_norm", MinMaxNorm)
