"""The lengths that the constraints of a norm look at."""

from __future__ import annotations

from typing import Any

from nbnet.graph import ops

__all__ = ["LEAST", "checked_axis", "norms"]

# Lengths below it count as it: a vector of zeros has no direction, and stays what it is.
LEAST = 1e-7


def norms(w: Any, axis: int | tuple[int, ...]) -> Any:
    """The Euclidean lengths of the vectors along `axis`, which stays with size 1."""
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


def checked_axis(owner: str, axis: Any) -> int | tuple[int, ...]:
    """`axis` as an int or a tuple of ints.

    Raises
    ------
    TypeError
        When it is neither an int nor a sequence of ints.
    """
    listed = axis if isinstance(axis, (list, tuple)) else (axis,)
    if not listed or not all(hasattr(item, "__index__") and not isinstance(item, bool) for item in listed):
        raise TypeError(f"{owner} expects axis to be an int or several ints; received {axis!r}.")
    return tuple(listed) if isinstance(axis, (list, tuple)) else axis
