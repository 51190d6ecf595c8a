"""Which axes keep statistics of their own, and statistics that were given or saved."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError

__all__ = ["Axis", "as_axis", "as_statistic", "kept_axes"]

Axis = int | tuple[int, ...] | None


def as_axis(axis: Any, step: str) -> Axis:
    """The axis argument of a step; JSON gives lists for tuples.

    Raises
    ------
    DataError
        When it is no integer, no tuple of integers and not None.
    """
    if axis is None or (isinstance(axis, int) and not isinstance(axis, bool)):
        return axis
    if isinstance(axis, (tuple, list)) and all(isinstance(item, int) and not isinstance(item, bool) for item in axis):
        return tuple(axis)
    raise DataError(f"{step} expects axis as an integer, a tuple of integers or None; received {axis!r:.60}.")


def kept_axes(axis: Axis, ndim: int, step: str) -> set[int]:
    """The axes with statistics of their own, counted from 0, of inputs with `ndim` axes.

    Raises
    ------
    DataError
        When one of them does not exist, or counts the samples.
    """
    if axis is None or ndim == 1:
        return set()
    axes = axis if isinstance(axis, tuple) else (axis,)
    kept = {item + ndim if item < 0 else item for item in axes}
    if not all(0 < item < ndim for item in kept):
        raise DataError(
            f"{step}(axis={axis!r}) expects axes 1 to {ndim - 1} (or negative ones) for inputs with {ndim} axes; "
            "axis 0 counts the samples."
        )
    return kept


def as_statistic(value: Any, name: str, step: str) -> np.ndarray:
    """Numbers that were given or saved, as finite float64.

    Raises
    ------
    DataError
        When they are not numbers, or not finite.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DataError(f"{step} expects numbers as {name}; received {value!r:.60}.") from error
    if not np.isfinite(array).all():
        raise DataError(f"{step} expects finite numbers as {name}.")
    return array
