"""Cutting and joining: concatenate, stack, split, strided_slice, and embed, which puts a slice back among zeros.

Indexing with ``x[…]`` is in :mod:`nbnet.graph.ops.index`.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from nbnet.errors import ShapeError
from nbnet.graph.ops.axes import as_shape, one_axis
from nbnet.graph.ops.shape import expand_dims, shape_op
from nbnet.graph.tensor import Spec, Tensor, apply, as_operand

__all__ = ["concatenate", "embed", "pad", "split", "stack", "strided_slice"]

Shape = tuple[int, ...]


def _infer_concatenate(*parts: Any, axis: int) -> Spec:
    """All sizes but that of `axis` must agree."""
    first = parts[0].shape
    for part in parts[1:]:
        if len(part.shape) != len(first) or any(
            size != other for index, (size, other) in enumerate(zip(part.shape, first, strict=True)) if index != axis
        ):
            shapes = ", ".join(str(item.shape) for item in parts)
            raise ShapeError(f"concatenate expects shapes that are equal except along axis {axis}; received {shapes}.")
    return (*first[:axis], sum(part.shape[axis] for part in parts), *first[axis + 1 :]), parts[0].dtype


def _sizes(starts: Shape, stops: Shape, steps: Shape) -> Shape:
    """How many elements each axis of a normalised slice keeps."""
    return tuple((stop - start) // step for start, stop, step in zip(starts, stops, steps, strict=True))


def _window(starts: Shape, stops: Shape, steps: Shape) -> tuple[slice, ...]:
    """A normalised slice as Python's; a bound below 0 is 'to the very first' there."""
    return tuple(
        slice(start, stop if stop >= 0 else None, step) for start, stop, step in zip(starts, stops, steps, strict=True)
    )


def _stops(starts: Shape, sizes: Shape, steps: Shape) -> Shape:
    """The bounds one step past the last element."""
    return tuple(start + size * step for start, size, step in zip(starts, sizes, steps, strict=True))


def _embed_reference(x: np.ndarray, shape: Shape, starts: Shape, steps: Shape) -> np.ndarray:
    result = np.zeros(shape, x.dtype)
    result[_window(starts, _stops(starts, x.shape, steps), steps)] = x
    return result


def _concatenate_gradient(node: Tensor, g: Tensor) -> list[Any]:
    """Each part gets its piece of the gradient."""
    axis, at, pieces = node.attrs["axis"], 0, []
    for part in node.inputs:
        starts = tuple(at if index == axis else 0 for index in range(part.ndim))
        pieces.append(strided_slice(g, starts, _stops(starts, part.shape, (1,) * part.ndim), (1,) * part.ndim))
        at += part.shape[axis]
    return pieces


def _embed_gradient(node: Tensor, g: Tensor) -> tuple[Any]:
    """What stands at the places of `x`."""
    starts, steps = node.attrs["starts"], node.attrs["steps"]
    return (strided_slice(g, starts, _stops(starts, node.inputs[0].shape, steps), steps),)


CONCATENATE = shape_op(
    "concatenate",
    _infer_concatenate,
    lambda *parts, axis: np.concatenate(parts, axis),
    _concatenate_gradient,
)
SLICE = shape_op(
    "slice",
    lambda x, starts, stops, steps: (_sizes(starts, stops, steps), x.dtype),
    lambda x, starts, stops, steps: x[_window(starts, stops, steps)],
    lambda node, g: (embed(g, node.inputs[0].shape, node.attrs["starts"], node.attrs["steps"]),),
)
EMBED = shape_op("embed", lambda x, shape, starts, steps: (shape, x.dtype), _embed_reference, _embed_gradient)


def concatenate(parts: Sequence[Any], axis: int = 0) -> Any:
    """Arrays one after the other along an axis that they have.

    Parameters
    ----------
    parts : sequence of Tensor or array_like
        At least one, of shapes that are equal except along `axis`.
    axis : int

    Raises
    ------
    ShapeError
        When there is nothing to concatenate or shapes do not fit.
    """
    items = [as_operand(part) for part in parts]
    if not items:
        raise ShapeError("concatenate expects at least one array; received an empty list.")
    along = one_axis("concatenate", axis, items[0].ndim)
    return items[0] if len(items) == 1 else apply(CONCATENATE, *items, axis=along)


def stack(parts: Sequence[Any], axis: int = 0) -> Any:
    """Arrays of one shape, side by side along a new axis, which stands at `axis` of the result."""
    return concatenate([expand_dims(part, axis) for part in parts], axis)


def split(x: Any, parts: int | Sequence[int], axis: int = 0) -> list[Any]:
    """`x` cut along an axis.

    Parameters
    ----------
    x : Tensor or array_like
    parts : int or sequence of int
        How many equal pieces; or the positions at which to cut, in rising order.
    axis : int

    Returns
    -------
    list of Tensor or array

    Raises
    ------
    ShapeError
        When the axis cannot be cut that way.
    """
    x = as_operand(x)
    along = one_axis("split", axis, x.ndim)
    size = x.shape[along]
    if isinstance(parts, Sequence):
        cuts = [0, *(operator.index(cut) for cut in parts), size]
    else:
        if parts < 1 or size % parts:
            raise ShapeError(
                f"split cannot cut axis {along} of {x.shape} into {parts} equal pieces; give the positions to cut at."
            )
        cuts = list(range(0, size + 1, size // parts)) if size else [0] * (parts + 1)
    if cuts != sorted(cuts) or cuts[0] < 0:
        raise ShapeError(f"split expects rising positions between 0 and {size}; received {parts!r}.")
    ones, pieces = (1,) * x.ndim, []
    for start, stop in pairwise(cuts):
        starts = tuple(start if index == along else 0 for index in range(x.ndim))
        stops = tuple(stop if index == along else full for index, full in enumerate(x.shape))
        pieces.append(strided_slice(x, starts, stops, ones))
    return pieces


def strided_slice(x: Any, starts: Shape, stops: Shape, steps: Shape) -> Any:
    """Every ``steps[i]``-th element of axis i from ``starts[i]`` up to, without, ``stops[i]``.

    Parameters
    ----------
    x : Tensor or array_like
    starts, stops, steps : tuple of int
        One each an axis. Bounds are plain positions: a negative step may end at -1, one before the first element.

    Raises
    ------
    ShapeError
        When the counts differ from the number of axes, a step is 0, or an element would lie outside.

    Notes
    -----
    y[i] = x[start + i step]. The gradient is :func:`embed`.
    """
    x = as_operand(x)
    bounds = []
    if not len(starts) == len(stops) == len(steps) == x.ndim or 0 in steps:
        raise ShapeError(
            f"strided_slice of {x.shape} expects {x.ndim} starts, stops and non-zero steps; received {starts}, "
            f"{stops}, {steps}."
        )
    for size, start, stop, step in zip(x.shape, starts, stops, steps, strict=True):
        count = len(range(start, stop, step))
        if count and not (0 <= start < size and 0 <= start + (count - 1) * step < size):
            raise ShapeError(f"strided_slice {start}:{stop}:{step} leaves an axis of size {size} (of {x.shape}).")
        # One form for equal slices, so that equal nodes are seen to be equal.
        start, step = (start if count else 0), (step if count > 1 else 1)
        bounds.append((start, start + count * step, step))
    whole = all(bound == (0, size, 1) for bound, size in zip(bounds, x.shape, strict=True))
    if whole:
        return x
    firsts, ends, strides = (tuple(column) for column in zip(*bounds, strict=True))
    return apply(SLICE, x, starts=firsts, stops=ends, steps=strides)


def embed(x: Any, shape: Any, starts: Shape, steps: Shape) -> Any:
    """Zeros of `shape` in which `x` stands at positions ``starts[i] + k steps[i]`` of axis i.

    Parameters
    ----------
    x : Tensor or array_like
    shape : tuple of int
        As many axes as `x` has.
    starts, steps : tuple of int
        One each an axis; steps are not 0.

    Raises
    ------
    ShapeError
        When `x` does not fit.

    Notes
    -----
    y[start + k step] = x[k], else 0: the transpose of :func:`strided_slice`, which is its gradient.
    """
    x, full = as_operand(x), as_shape("embed", shape)
    fits = len(full) == len(starts) == len(steps) == x.ndim and 0 not in steps
    if not fits or any(
        count and not (0 <= start < size and 0 <= start + (count - 1) * step < size)
        for count, size, start, step in zip(x.shape, full, starts, steps, strict=True)
    ):
        raise ShapeError(f"embed cannot place {x.shape} in {full} at {tuple(starts)} with steps {tuple(steps)}.")
    places = tuple(start if count else 0 for start, count in zip(starts, x.shape, strict=True))
    strides = tuple(step if count > 1 else 1 for step, count in zip(steps, x.shape, strict=True))
    if full == x.shape and all(step > 0 for step in strides):
        return x
    return apply(EMBED, x, shape=full, starts=places, steps=strides)


def pad(x: Any, widths: Sequence[tuple[int, int]]) -> Any:
    """`x` with zeros around it.

    Parameters
    ----------
    x : Tensor or array_like
    widths : sequence of pairs of int
        For each axis how many zeros come before and after.

    Raises
    ------
    ShapeError
        When there is not one pair an axis, or a width is negative.
    """
    x = as_operand(x)
    if len(widths) != x.ndim or any(len(pair) != 2 or pair[0] < 0 or pair[1] < 0 for pair in widths):
        raise ShapeError(
            f"pad of {x.shape} expects {x.ndim} pairs (before, after) of sizes 0 or more; received {widths!r}."
        )
    shape = tuple(before + size + after for size, (before, after) in zip(x.shape, widths, strict=True))
    return embed(x, shape, tuple(before for before, _ in widths), (1,) * x.ndim)
