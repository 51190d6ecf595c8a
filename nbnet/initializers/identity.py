"""The identity matrix."""

from __future__ import annotations

import numpy as np

from nbnet.errors import ShapeError
from nbnet.hookspecs import Register, hookimpl
from nbnet.initializers.initializer import Draw, Initializer

__all__ = ["Identity"]


class Identity(Initializer):
    """The identity matrix times `gain`: a layer that begins by passing its input on.

    Parameters
    ----------
    gain : float

    Raises
    ------
    ShapeError
        When called for a weight that is no matrix.

    Notes
    -----
    A matrix that is not square has `gain` on its diagonal and 0 elsewhere.
    """

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = gain

    def values(self, shape: tuple[int, ...], draw: Draw) -> np.ndarray:
        """Gain on the diagonal."""
        if len(shape) != 2:
            raise ShapeError(f"Identity expects a weight of two axes; received shape {shape}. Use it for a matrix.")
        values = np.zeros(shape)  # float64: the gain keeps its digits for a weight of that dtype
        np.fill_diagonal(values, self.gain)
        return values


@hookimpl
def register_initializers(register: Register) -> None:
    """Register ``identity``."""
    register("identity", Identity)
