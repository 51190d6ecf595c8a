"""Derivatives by central differences in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def central_differences(
    function: Callable[..., float], arrays: Sequence[np.ndarray], index: int, step: float = 1e-6
) -> np.ndarray:
    """d function / d arrays[index], one element after the other."""
    result = np.zeros(arrays[index].shape)
    for at in np.ndindex(arrays[index].shape):
        ahead, behind = ([array.copy() for array in arrays] for _ in range(2))
        ahead[index][at] += step
        behind[index][at] -= step
        result[at] = (function(*ahead) - function(*behind)) / (2 * step)
    return result
