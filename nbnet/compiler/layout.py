"""How the arrays of a fused group lie along the axes that its kernel loops over."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["aligned", "contiguous", "merge", "regular"]

Strides = tuple[int, ...]


def contiguous(shape: Sequence[int]) -> Strides:
    """Strides in elements of a C-contiguous array, 0 along axes of size 1."""
    found: list[int] = []
    step = 1
    for size in reversed(shape):
        found.append(step if size != 1 else 0)
        step *= size
    return tuple(reversed(found))


def aligned(
    shape: Sequence[int], form: Sequence[int], domain: Sequence[int], axes: Sequence[int], *, hot: bool = False
) -> Strides:
    """Strides along each axis of `domain` of an array of `shape` that is broadcast to `form`.

    Parameters
    ----------
    shape : sequence of int
        The array's.
    form : sequence of int
        Shape of the value it is an operand of: the domain's, or a lane shape with the reduced `axes` kept as 1
        or removed.
    domain, axes
        Of the group.
    hot : bool
        The array holds the indices of a one-hot: it lacks the last axis.
    """
    own = (*contiguous(shape), 0) if hot else contiguous(shape)
    size = (*shape, 1) if hot else tuple(shape)
    padded = [0] * (len(form) - len(size)) + [stride if n != 1 else 0 for stride, n in zip(own, size, strict=True)]
    if len(form) == len(domain):
        return tuple(padded)
    kept = iter(padded)
    return tuple(0 if axis in axes else next(kept) for axis in range(len(domain)))


def merge(sizes: Sequence[int], strides: Sequence[Strides], keep: int = 0) -> tuple[list[int], list[list[int]]]:
    """Join neighbouring axes that every array walks through as one, and drop axes of size 1.

    Parameters
    ----------
    sizes : sequence of int
    strides : sequence of strides
        One for each array, along the same axes.
    keep : int
        So many last axes stay by themselves.

    Returns
    -------
    list of int, list of list of int
        The joined sizes, and the strides of each array along them.
    """
    last = len(sizes) - keep
    merged: list[int] = []
    found: list[list[int]] = [[] for _ in strides]
    for axis, size in enumerate(sizes):
        if size == 1 and axis < last:
            continue
        joins = (
            bool(merged)
            and axis < last
            and all(before[-1] == own[axis] * size for before, own in zip(found, strides, strict=True))
        )
        if joins:
            merged[-1] *= size
            for before, own in zip(found, strides, strict=True):
                before[-1] = own[axis]
        else:
            merged.append(size)
            for before, own in zip(found, strides, strict=True):
                before.append(own[axis])
    return merged, found


def regular(sizes: Sequence[int], strides: Strides) -> bool:
    """Whether one array walks through all these axes as through one."""
    merged, _ = merge(sizes, [strides])
    return len(merged) <= 1
