"""Flatten: all values of a sample in one axis."""

from __future__ import annotations

import numpy as np

from nbnet.preprocessing.step import Step

__all__ = ["Flatten"]


class Flatten(Step):
    """Lay out each sample's values in one axis, last axis fastest.

    Examples
    --------
    >>> Flatten()(np.zeros((5, 8, 8))).shape
    (5, 64)
    """

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Inputs of shape (N, size of a sample)."""
        return x.reshape(len(x), int(np.prod(x.shape[1:])))
