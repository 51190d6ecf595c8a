"""Random inputs that both sides of a comparison receive."""

from __future__ import annotations

import numpy as np

KINKS = (0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0, -6.0, 0.5, -0.5, 2.5, -2.5, 1e-3, -1e-3, 20.0, -20.0)
"""Where piecewise functions have their corners, and near and far numbers."""


def generator(*key: int) -> np.random.Generator:
    """The random numbers of one comparison."""
    return np.random.default_rng((20, *key))


def normal(shape: tuple[int, ...], dtype: str, *key: int, scale: float = 1.0) -> np.ndarray:
    """Normally distributed numbers."""
    return (scale * generator(*key).normal(size=shape)).astype(dtype)
