"""Reshape: the same values in another shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.step import Step

__all__ = ["Reshape"]


class Reshape(Step):
    """Give each sample another shape.

    Parameters
    ----------
    target_shape : tuple of int
        Shape of one sample, without the batch axis; one extent may be -1 and follows from the others.

    Examples
    --------
    >>> Reshape((8, 8, 1))(np.zeros((5, 64))).shape
    (5, 8, 8, 1)
    """

    def __init__(self, target_shape: tuple[int, ...]) -> None:
        if (
            not isinstance(target_shape, (tuple, list))
            or not all(isinstance(extent, int) and not isinstance(extent, bool) for extent in target_shape)
            or any(extent < 1 and extent != -1 for extent in target_shape)
            or list(target_shape).count(-1) > 1
        ):
            raise DataError(
                f"Reshape expects a tuple of positive extents, one of which may be -1; received {target_shape!r:.60}."
            )
        self.target_shape = tuple(target_shape)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Inputs of shape (N, *target_shape).

        Raises
        ------
        DataError
            When the numbers of values differ.
        """
        size = math.prod(x.shape[1:])
        known = math.prod(extent for extent in self.target_shape if extent != -1)
        fits = size % known == 0 if -1 in self.target_shape else size == known
        if not fits:
            raise DataError(
                f"Reshape{self.target_shape} cannot take samples of shape {x.shape[1:]} with {size} values each."
            )
        return x.reshape(len(x), *(size // known if extent == -1 else extent for extent in self.target_shape))

    def get_config(self) -> dict[str, Any]:
        """The shape."""
        return {"target_shape": list(self.target_shape)}

    def __repr__(self) -> str:
        """The class and the shape."""
        return f"Reshape({self.target_shape})"
