"""A penalty of rows or columns that point the same way."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph import ops
from nbnet.hookspecs import Register, hookimpl
from nbnet.regularizers.regularizer import Regularizer, checked_factor

__all__ = ["OrthogonalRegularizer"]

_LEAST = 1e-24  # of a squared length: a row of zeros stays one, with a gradient that is a number


class OrthogonalRegularizer(Regularizer):
    """factor times the mean of |cos| of the angles between the rows, or the columns, of a matrix.

    Parameters
    ----------
    factor : float >= 0
    mode : {"rows", "columns"}
        The columns of a Dense kernel are the weight vectors of its units.

    Raises
    ------
    ValueError
        When the factor is negative or not finite, or the mode is neither.
    ShapeError
        When called for a weight that is no matrix.

    Notes
    -----
    With rows r_i: factor Σ_(i<j) |r_i · r_j| / (|r_i| |r_j|) / (n (n - 1) / 2); 0 for a single row. Rows of zeros
    count as orthogonal to all.

    References
    ----------
    Rodríguez et al. 2017, "Regularizing CNNs with locally constrained decorrelations", for the idea; the formula is
    that of Keras' ``OrthogonalRegularizer``.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = checked_factor("OrthogonalRegularizer", "factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(f"OrthogonalRegularizer expects mode to be 'rows' or 'columns'; received {mode!r}.")
        self.mode = mode

    def __call__(self, x: Any) -> Any:
        """The penalty, shape ()."""
        if len(x.shape) != 2:
            raise ShapeError(
                f"OrthogonalRegularizer expects a weight of two axes; received shape {tuple(x.shape)}. Use it for a "
                "matrix."
            )
        rows = self.mode == "rows"
        axis = 1 if rows else 0
        unit = x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), _LEAST))
        cosines = ops.matmul(unit, ops.transpose(unit)) if rows else ops.matmul(ops.transpose(unit), unit)
        count = x.shape[1 - axis]
        others = 1 - np.eye(count, dtype=np.dtype(x.dtype))
        pairs = max(count * (count - 1), 1)  # each pair stands twice in the matrix
        return self.factor / pairs * ops.sum(ops.abs(cosines * others))


@hookimpl
def register_regularizers(register: Register) -> None:
    """Register ``orthogonal``, known to Keras as ``orthogonal_regularizer``."""
    register("orthogonal", OrthogonalRegularizer)
    register("orthogonal_regularizer", OrthogonalRegularizer)
