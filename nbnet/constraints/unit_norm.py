"""Weight vectors of length 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbnet.constraints.constraint import Constraint
from nbnet.constraints.norms import LEAST, checked_axis, norms
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl

__all__ = ["UnitNorm"]


class UnitNorm(Constraint):
    """Vectors are brought to length 1.

    Parameters
    ----------
    axis : int or sequence of int
        The axes along which a vector lies: 0 for a Dense kernel (inputs, units), whose columns are the vectors of the
        units; (0, 1, 2) for the kernel of a 2-D convolution.

    Notes
    -----
    w / max(|w|, 1e-7): a vector of zeros stays one. Keras divides by |w| + 1e-7, so that lengths are a little
    below 1.
    """

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        self.axis = checked_axis("UnitNorm", axis)

    def __call__(self, w: Any) -> Any:
        """`w`, its vectors of length 1."""
        return w / ops.maximum(norms(w, self.axis), LEAST)


@hookimpl
def register_constraints(register: Register) -> None:
    """Register ``unit_norm``."""
    register("unit_norm", UnitNorm)
