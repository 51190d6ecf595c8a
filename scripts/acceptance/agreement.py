"""How far numbers of two libraries are apart, and how far they may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

DTYPES = ("float32", "float64")

TOLERANCE = {"float32": 2e-5, "float64": 1e-11}
"""Largest error, relative to the largest number of an array: about 170 and 45,000 roundings of a number.

In float32 both sides round in other places; what float64 is for is to see differences of definition, such as an
epsilon of 1e-7 in one of them, which float32 hides.
"""

Errors = Mapping[str, float]
"""What was compared (forward, gradient, steps, restored) → the largest relative error."""


def error(found: Any, expected: Any) -> float:
    """The largest difference of two arrays by the largest number of the expected one.

    Infinite when their shapes differ, or one is not a number, or infinite, where the other is not.
    """
    one, other = np.asarray(found), np.asarray(expected)
    if one.shape != other.shape:
        return np.inf
    one, other = one.astype("float64"), other.astype("float64")
    finite = np.isfinite(other)
    if not np.array_equal(finite, np.isfinite(one)) or not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return np.inf
    one, other = one[finite], other[finite]
    if not one.size:
        return 0.0
    scale = float(np.abs(other).max()) or float(np.abs(one).max()) or 1.0
    return float(np.abs(one - other).max()) / scale


def errors(found: Iterable[Any], expected: Iterable[Any]) -> float:
    """The largest error of several arrays; infinite when there are not as many."""
    one, other = list(found), list(expected)
    if len(one) != len(other):
        return np.inf
    return max((error(a, b) for a, b in zip(one, other, strict=True)), default=0.0)


def cotangent(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Weights between 0.5 and 1.5 of either sign for the elements of a result, to make one number of it."""
    rng = np.random.default_rng(99)
    return (rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape)).astype(dtype)
